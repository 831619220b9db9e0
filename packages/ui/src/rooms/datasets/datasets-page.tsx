import { usePages } from '../../api/use-answer.ts';
import { useProjectFilter } from '../../api/use-project-filter.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';

/** Every dataset with its newest version. */
export function DatasetsPage() {
  const { t, format } = useMessages();
  const project = useProjectFilter();
  const pages = usePages('datasets', 'list', { query: project ? { project } : {} });
  return (
    <>
      <PageHeader title={t('datasets.title')}>{t('datasets.lead')}</PageHeader>
      <Panel flush>
        <PagedTable
          label={t('datasets.title')}
          pages={pages}
          empty={
            <EmptyState
              title={t('datasets.empty')}
              hint={t('datasets.emptyHint')}
              command={commandLines.createDataset}
            />
          }
          rowKey={(dataset) => dataset.id}
          columns={[
            {
              key: 'name',
              header: t('word.name'),
              cell: (dataset) => <TextLink to={`/datasets/${dataset.name}`}>{dataset.name}</TextLink>,
            },
            {
              key: 'description',
              header: t('word.description'),
              grow: true,
              cell: (dataset) => dataset.description,
            },
            {
              key: 'latest',
              header: t('datasets.latest'),
              align: 'right',
              cell: ({ latestVersion }) =>
                latestVersion ? (
                  <TextLink to={`/dataset-versions/${latestVersion.id}`}>{latestVersion.number}</TextLink>
                ) : (
                  '–'
                ),
            },
            {
              key: 'rows',
              header: t('word.rows'),
              align: 'right',
              cell: ({ latestVersion }) => (latestVersion ? format.integer(latestVersion.rows) : '–'),
            },
            {
              key: 'contract',
              header: t('datasets.contract'),
              align: 'right',
              cell: (dataset) => dataset.contractVersion ?? t('datasets.noContract'),
            },
            {
              key: 'created',
              header: t('word.created'),
              cell: (dataset) => <TimeText at={dataset.createdAt} />,
            },
          ]}
        />
      </Panel>
    </>
  );
}
