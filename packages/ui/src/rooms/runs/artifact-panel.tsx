import type { Artifact } from '@esteira/contracts';
import { Anchor } from '@mantine/core';
import type { z } from 'zod';
import type { Pages } from '../../api/use-answer.ts';
import { DigestText } from '../../components/digest-text.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

interface ArtifactPanelProps {
  readonly pages: Pages<z.infer<typeof Artifact>>;
  /** Where files are downloaded; the path goes behind it. */
  readonly download: string;
}

/** The files of a thing, each to download. */
export function ArtifactPanel({ pages, download }: ArtifactPanelProps) {
  const { t, format } = useMessages();
  return (
    <Panel title={t('run.artifacts')} flush>
      <PagedTable
        label={t('run.artifacts')}
        pages={pages}
        empty={<QuietText>{t('run.artifactsNone')}</QuietText>}
        rowKey={(artifact) => artifact.path}
        columns={[
          {
            key: 'path',
            header: t('run.path'),
            grow: true,
            cell: (artifact) => (
              <Anchor
                inherit
                className="mono"
                href={`${download}?path=${encodeURIComponent(artifact.path)}`}
                download={artifact.path.split('/').at(-1)}
              >
                {artifact.path}
              </Anchor>
            ),
          },
          {
            key: 'size',
            header: t('word.size'),
            align: 'right',
            cell: (artifact) => format.bytes(artifact.size),
          },
          {
            key: 'digest',
            header: t('word.digest'),
            cell: (artifact) => <DigestText digest={artifact.digest} />,
          },
          {
            key: 'at',
            header: t('word.created'),
            cell: (artifact) => <TimeText at={artifact.createdAt} />,
          },
        ]}
      />
    </Panel>
  );
}
