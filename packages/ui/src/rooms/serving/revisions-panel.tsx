import { usePages } from '../../api/use-answer.ts';
import { nodeTitle } from '../../components/node-kind.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** What the endpoint was to serve before, and which change said so. */
export function RevisionsPanel({ endpoint }: { readonly endpoint: string }) {
  const { t, format } = useMessages();
  const pages = usePages('serving', 'endpointRevisions', {
    params: { name: endpoint },
    query: { limit: 10 },
  });
  return (
    <Panel title={t('endpoint.revisions')} flush>
      <PagedTable
        label={t('endpoint.revisions')}
        pages={pages}
        rowKey={(revision) => String(revision.revision)}
        columns={[
          {
            key: 'revision',
            header: t('endpoints.revision'),
            align: 'right',
            cell: (revision) => format.integer(revision.revision),
          },
          { key: 'reason', header: t('word.reason'), grow: true, cell: (revision) => revision.reason },
          {
            key: 'change',
            header: nodeTitle('change', t),
            cell: ({ changeId }) =>
              changeId ? <TextLink to={`/changes/${changeId}`}>{changeId}</TextLink> : '–',
          },
          { key: 'at', header: t('word.when'), cell: (revision) => <TimeText at={revision.createdAt} /> },
        ]}
      />
    </Panel>
  );
}
