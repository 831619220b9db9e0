import { usePages } from '../../api/use-answer.ts';
import { useProjectFilter } from '../../api/use-project-filter.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { PipelineRunTable } from './pipeline-run-table.tsx';

/** Pipelines by name, and below them the newest runs of all. */
export function PipelinesPage() {
  const { t, format } = useMessages();
  const project = useProjectFilter();
  const query = project ? { project } : {};
  const pipelines = usePages('pipelines', 'list', { query });
  const runs = usePages(
    'pipelines',
    'listRuns',
    { query: { ...query, limit: 50 } },
    { every: (items) => (items?.some((run) => run.status === 'running') ? 2000 : 15_000) },
  );
  return (
    <>
      <PageHeader title={t('pipelines.title')}>{t('pipelines.lead')}</PageHeader>
      <Panel flush>
        <PagedTable
          label={t('pipelines.all')}
          pages={pipelines}
          empty={
            <EmptyState
              title={t('pipelines.empty')}
              hint={t('pipelines.emptyHint')}
              command={commandLines.putPipeline}
            />
          }
          rowKey={(pipeline) => pipeline.name}
          columns={[
            {
              key: 'name',
              header: t('word.name'),
              cell: (pipeline) => <TextLink to={`/pipelines/${pipeline.name}`}>{pipeline.name}</TextLink>,
            },
            {
              key: 'description',
              header: t('word.description'),
              grow: true,
              cell: (pipeline) => pipeline.description || '–',
            },
            {
              key: 'version',
              header: t('word.version'),
              align: 'right',
              cell: (pipeline) => format.integer(pipeline.version),
            },
            {
              key: 'last',
              header: t('pipelines.lastRun'),
              cell: ({ lastRun }) =>
                lastRun ? (
                  <>
                    <StatusBadge status={lastRun.status} />{' '}
                    <TextLink to={`/pipeline-runs/${lastRun.id}`}>
                      <TimeText at={lastRun.createdAt} />
                    </TextLink>
                  </>
                ) : (
                  t('word.never')
                ),
            },
            {
              key: 'updated',
              header: t('word.updated'),
              cell: (pipeline) => <TimeText at={pipeline.updatedAt} />,
            },
          ]}
        />
      </Panel>
      <Panel title={t('pipelines.runs')} flush>
        <PipelineRunTable runs={runs} />
      </Panel>
    </>
  );
}
