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
import { ModelSecretsPanel } from './model-secrets-panel.tsx';
import { PredictorText } from './predictor-text.tsx';
import { ScalingPanel } from './scaling-panel.tsx';
import { StageBadge } from './stage-badge.tsx';

/** Every endpoint with its stage and what it serves. */
export function EndpointsPage() {
  const { t, format } = useMessages();
  const project = useProjectFilter();
  const pages = usePages(
    'serving',
    'endpoints',
    { query: project ? { project } : {} },
    { every: () => 10_000 },
  );
  return (
    <>
      <PageHeader title={t('endpoints.title')}>{t('endpoints.lead')}</PageHeader>
      <Panel flush>
        <PagedTable
          label={t('endpoints.title')}
          pages={pages}
          empty={
            <EmptyState
              title={t('endpoints.empty')}
              hint={t('endpoints.emptyHint')}
              command={commandLines.createEndpoint()}
            />
          }
          rowKey={(endpoint) => endpoint.name}
          columns={[
            {
              key: 'name',
              header: t('word.name'),
              cell: (endpoint) => <TextLink to={`/endpoints/${endpoint.name}`}>{endpoint.name}</TextLink>,
            },
            {
              key: 'stage',
              header: t('endpoints.stage'),
              cell: (endpoint) => <StageBadge stage={endpoint.stage} />,
            },
            {
              key: 'state',
              header: t('word.status'),
              cell: ({ served }) => <StatusBadge status={served?.ready ? 'ready' : 'not-ready'} />,
            },
            {
              key: 'model',
              header: t('endpoints.model'),
              cell: (endpoint) => <TextLink to={`/models/${endpoint.model}`}>{endpoint.model}</TextLink>,
            },
            {
              key: 'serves',
              header: t('endpoints.serves'),
              grow: true,
              cell: ({ desired }) => {
                const primary = desired.arms.find((arm) => arm.role === 'primary');
                return primary ? (
                  <PredictorText predictor={primary.predictor} />
                ) : (
                  <span className="faint">{t('endpoints.nothing')}</span>
                );
              },
            },
            {
              key: 'revision',
              header: t('endpoints.revision'),
              align: 'right',
              cell: (endpoint) => format.integer(endpoint.revision),
            },
            {
              key: 'updated',
              header: t('word.updated'),
              cell: (endpoint) => <TimeText at={endpoint.updatedAt} />,
            },
          ]}
        />
      </Panel>
      <ScalingPanel />
      <ModelSecretsPanel />
    </>
  );
}
