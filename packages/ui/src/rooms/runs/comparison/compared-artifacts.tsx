import { Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { callOperation } from '../../../api/answers.ts';
import { useSession } from '../../../api/session.tsx';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { DigestText } from '../../../components/digest-text.tsx';
import { Panel } from '../../../components/panel.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import { type ComparedFile, compareFiles } from './compare-files.ts';
import type { Comparison } from './compared.ts';

/** Files of a run that are looked at; a run with more is compared by its first. */
const most = 500;

/** Files that only some of the runs have, or that differ between them. */
export function ComparedArtifacts({ comparison }: { readonly comparison: Comparison }) {
  const { t } = useMessages();
  const { client } = useSession();
  const listings = useQueries({
    queries: comparison.runs.map(({ id }) => {
      const question = { params: { id }, query: { limit: most } };
      return {
        queryKey: ['tracking', 'listArtifacts', question],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          callOperation(client, 'tracking', 'listArtifacts', question, signal),
      };
    }),
    combine: (answers) => answers.map(({ data }) => data?.items ?? []),
  });
  const files = compareFiles(listings);
  const columns: readonly Column<ComparedFile>[] = [
    { key: 'path', header: t('run.path'), cell: ({ path }) => <span className="mono">{path}</span> },
    ...comparison.runs.map(
      (run, place): Column<ComparedFile> => ({
        key: run.id,
        header: run.name,
        cell: ({ digests }) => {
          const digest = digests[place];
          return digest == null ? '–' : <DigestText digest={digest} />;
        },
      }),
    ),
  ];
  return (
    <Panel title={t('compare.artifacts')} flush>
      {files.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          {t('compare.artifactsSame')}
        </Text>
      ) : (
        <DataTable
          label={t('compare.artifacts')}
          columns={columns}
          rows={files}
          rowKey={({ path }) => path}
        />
      )}
    </Panel>
  );
}
