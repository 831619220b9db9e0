import { Anchor, Text } from '@mantine/core';
import { usePages } from '../../api/use-answer.ts';
import { DigestText } from '../../components/digest-text.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** The files of a run, each to download. */
export function RunArtifacts({ runId, isRunning }: { readonly runId: string; readonly isRunning: boolean }) {
  const { t, format } = useMessages();
  const pages = usePages(
    'tracking',
    'listArtifacts',
    { params: { id: runId }, query: {} },
    { every: () => (isRunning ? 5000 : false) },
  );
  return (
    <Panel title={t('run.artifacts')} flush>
      <PagedTable
        label={t('run.artifacts')}
        pages={pages}
        empty={
          <Text size="sm" c="dimmed" p="md">
            {t('run.artifactsNone')}
          </Text>
        }
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
                href={`/api/v1/runs/${runId}/artifact?path=${encodeURIComponent(artifact.path)}`}
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
