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

/** Every registered model. */
export function ModelsPage() {
  const { t, format } = useMessages();
  const project = useProjectFilter();
  const pages = usePages('registry', 'models', { query: project ? { project } : {} });
  return (
    <>
      <PageHeader title={t('models.title')}>{t('models.lead')}</PageHeader>
      <Panel flush>
        <PagedTable
          label={t('models.title')}
          pages={pages}
          empty={
            <EmptyState
              title={t('models.empty')}
              hint={t('models.emptyHint')}
              command={commandLines.registerModel}
            />
          }
          rowKey={(model) => model.name}
          columns={[
            {
              key: 'name',
              header: t('word.name'),
              cell: (model) => (
                <TextLink to={`/models/${encodeURIComponent(model.name)}`}>{model.name}</TextLink>
              ),
            },
            {
              key: 'project',
              header: t('word.project'),
              cell: (model) => <TextLink to={`/projects/${model.project}`}>{model.project}</TextLink>,
            },
            {
              key: 'description',
              header: t('word.description'),
              grow: true,
              cell: (model) => model.description,
            },
            {
              key: 'latest',
              header: t('models.latest'),
              align: 'right',
              cell: (model) => (model.latestVersion > 0 ? format.integer(model.latestVersion) : '–'),
            },
            { key: 'aliases', header: t('models.aliases'), cell: (model) => aliasText(model.aliases) },
            {
              key: 'created',
              header: t('word.created'),
              cell: (model) => <TimeText at={model.createdAt} />,
            },
          ]}
        />
      </Panel>
    </>
  );
}

function aliasText(aliases: Readonly<Record<string, number>>): string {
  return Object.entries(aliases)
    .map(([alias, version]) => `${alias} → ${version}`)
    .join(', ');
}
