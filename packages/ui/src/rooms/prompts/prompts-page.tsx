import { usePages } from '../../api/use-answer.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Every prompt of the workspace. */
export function PromptsPage() {
  const { t, format } = useMessages();
  const pages = usePages('registry', 'models', { query: { kind: 'prompt' } });
  return (
    <>
      <PageHeader title={t('prompts.title')}>{t('prompts.lead')}</PageHeader>
      <Panel flush>
        <PagedTable
          label={t('prompts.title')}
          pages={pages}
          empty={<EmptyState title={t('prompts.empty')} hint={t('prompts.emptyHint')} />}
          rowKey={({ name }) => name}
          columns={[
            {
              key: 'name',
              header: t('word.name'),
              cell: ({ name }) => <TextLink to={`/prompts/${encodeURIComponent(name)}`}>{name}</TextLink>,
            },
            {
              key: 'description',
              header: t('word.description'),
              grow: true,
              cell: ({ description }) => description || '–',
            },
            {
              key: 'latest',
              header: t('models.latest'),
              align: 'right',
              cell: ({ latestVersion }) => (latestVersion > 0 ? format.integer(latestVersion) : '–'),
            },
            {
              key: 'aliases',
              header: t('models.aliases'),
              cell: ({ aliases }) =>
                Object.entries(aliases)
                  .map(([alias, version]) => `${alias} → ${version}`)
                  .join(', ') || '–',
            },
            {
              key: 'updated',
              header: t('word.updated'),
              cell: ({ updatedAt }) => <TimeText at={updatedAt} />,
            },
          ]}
        />
      </Panel>
    </>
  );
}
