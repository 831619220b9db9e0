import type { RetrainingRun } from '@esteira/contracts';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { Clamped } from '../../components/clamped.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TonedBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { decisionText, decisionTone } from './decision-text.ts';
import { WindowText } from './window-text.tsx';

/** What is bound to be retrained, and every time it was or was not. */
export function RetrainingPanels() {
  const { t } = useMessages();
  const runs = usePages('monitoring', 'retrainingRuns', { query: { limit: 20 } }, { every: () => 15_000 });
  return (
    <>
      <Panel title={t('monitoring.retraining')} flush>
        <PagedTable
          label={t('monitoring.retraining')}
          pages={runs}
          empty={<QuietText>{t('monitoring.retrainingEmpty')}</QuietText>}
          rowKey={(run) => run.id}
          columns={[
            {
              key: 'decision',
              header: t('retraining.decision'),
              cell: (run) => (
                <>
                  <TonedBadge tone={decisionTone(run.decision)}>{decisionText(run.decision, t)}</TonedBadge>
                  <div className="faint">
                    <TimeText at={run.createdAt} /> · {t(`retraining.trigger.${run.trigger}`)}
                  </div>
                </>
              ),
            },
            {
              key: 'window',
              header: t('alert.window'),
              cell: (run) => <WindowText start={run.windowStart} end={run.windowEnd} />,
            },
            {
              key: 'advantage',
              header: t('retraining.advantage'),
              align: 'right',
              cell: (run) => <Advantage run={run} />,
            },
            { key: 'results', header: t('retraining.results'), cell: (run) => <Results run={run} /> },
            {
              key: 'reason',
              header: t('word.reason'),
              grow: true,
              cell: (run) => <Clamped>{run.reason}</Clamped>,
            },
          ]}
        />
      </Panel>
      <Policies />
    </>
  );
}

function Advantage({ run }: { readonly run: RetrainingRun }) {
  const { format } = useMessages();
  const { difference = null, lower = null, upper = null } = run.comparison ?? {};
  if (difference === null) return <span className="faint">–</span>;
  const interval =
    lower === null || upper === null ? '' : ` (${format.metric(lower)} … ${format.metric(upper)})`;
  return (
    <span>
      {format.metric(difference)}
      <span className="faint">{interval}</span>
    </span>
  );
}

function Results({ run }: { readonly run: RetrainingRun }) {
  const { t } = useMessages();
  const links: readonly (readonly [label: string, to: string | null])[] = [
    [t('node.pipeline-run'), run.pipelineRunId && `/pipeline-runs/${run.pipelineRunId}`],
    [t('node.evaluation'), run.evaluationId && `/evaluations/${run.evaluationId}`],
    [t('node.model-version'), run.modelVersionId && `/model-versions/${run.modelVersionId}`],
    [t('node.change'), run.changeId && `/changes/${run.changeId}`],
  ];
  return links.map(([label, to]) =>
    to ? (
      <div key={label}>
        <TextLink to={to}>{label}</TextLink>
      </div>
    ) : null,
  );
}

function Policies() {
  const { t, format } = useMessages();
  const policies = useAnswer('monitoring', 'retrainingPolicies', { query: {} });
  return (
    <Panel title={t('monitoring.policies')} flush>
      <Answered query={policies} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t('monitoring.policiesEmpty')} command={commandLines.putRetrainingPolicy} />
          ) : (
            <DataTable
              label={t('monitoring.policies')}
              rows={items}
              rowKey={(policy) => policy.name}
              columns={[
                { key: 'name', header: t('word.name'), cell: (policy) => policy.name },
                {
                  key: 'state',
                  header: t('word.status'),
                  cell: (policy) => (
                    <TonedBadge tone={policy.enabled ? 'good' : 'idle'}>
                      {t(policy.enabled ? 'status.active' : 'status.disabled')}
                    </TonedBadge>
                  ),
                },
                {
                  key: 'endpoint',
                  header: t('monitor.endpoint'),
                  cell: (policy) => (
                    <TextLink to={`/endpoints/${policy.endpoint}`}>{policy.endpoint}</TextLink>
                  ),
                },
                {
                  key: 'pipeline',
                  header: t('retraining.pipeline'),
                  cell: (policy) => (
                    <TextLink to={`/pipelines/${policy.pipeline}`}>{policy.pipeline}</TextLink>
                  ),
                },
                {
                  key: 'triggers',
                  header: t('retraining.trigger'),
                  grow: true,
                  cell: (policy) =>
                    policy.triggers.map((trigger) => t(`retraining.trigger.${trigger}`)).join(', '),
                },
                {
                  key: 'cooldown',
                  header: t('retraining.cooldown'),
                  cell: (policy) => format.period(policy.cooldown),
                },
                {
                  key: 'perDay',
                  header: t('retraining.perDay'),
                  align: 'right',
                  cell: (policy) => format.integer(policy.maxRunsPerDay),
                },
                {
                  key: 'promote',
                  header: t('retraining.promote'),
                  cell: (policy) => t(`retraining.promote.${policy.promote}`),
                },
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  );
}
