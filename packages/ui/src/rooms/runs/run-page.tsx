import { Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { DigestText } from '../../components/digest-text.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { MetricName } from '../../components/metric-name.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { DurationText, TimeText } from '../../components/time-text.tsx';
import { useSlice } from '../../components/use-slice.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { RunModels } from './logged-models/run-models.tsx';
import { MetricHistories } from './metric-histories.tsx';
import { metricText } from './metric-text.ts';
import { RunActions } from './run-actions.tsx';
import { RunArtifacts } from './run-artifacts.tsx';
import { RunComments } from './run-comments.tsx';
import { RunNote } from './run-note.tsx';
import { RunReferences } from './run-references.tsx';
import { isSystemMetric } from './system-charts.ts';
import { SystemMetrics } from './system-metrics.tsx';
import { useRunNews } from './use-run-news.ts';

type Run = Answer<'tracking', 'getRun'>;

const metricsAtOnce = 50;

/** One run: what went in, what came out, how its metrics moved. */
export function RunPage() {
  const { id = '' } = useParams();
  const run = useAnswer('tracking', 'getRun', { params: { id } });
  useRunNews(id);
  return <AnsweredPage query={run}>{(answer) => <RunView run={answer} />}</AnsweredPage>;
}

function RunView({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  return (
    <>
      <PageHeader
        title={run.name}
        path={[
          [t('runs.title'), '/runs'],
          [run.experiment, `/runs?experiment=${encodeURIComponent(run.experiment)}`],
        ]}
        status={<StatusBadge status={run.status} />}
        actions={
          <>
            <TextLink to={`/lineage/run/${run.id}`}>{t('run.lineage')}</TextLink>
            <RunActions run={run} />
          </>
        }
      >
        <span className="mono">{run.id}</span> · <TimeText at={run.startedAt} /> ·{' '}
        <DurationText from={run.startedAt} until={run.finishedAt} /> · <Person id={run.createdBy} />
      </PageHeader>
      {run.deletedAt === undefined ? null : (
        <Text size="sm" c="var(--bad)" mb="sm">
          {t('run.deleted')} <TimeText at={run.deletedAt} />
        </Text>
      )}
      <RunNote run={run} />
      <MetricHistories run={run} />
      <SystemMetrics run={run} />
      <Columns least={340}>
        <MetricPanel run={run} />
        <ParamPanel run={run} />
        <SourcePanel run={run} />
      </Columns>
      <RunReferences run={run} />
      <RunModels run={run} />
      <RunArtifacts runId={run.id} isRunning={run.status === 'running'} />
      <RunComments runId={run.id} />
      {run.children.length > 0 ? (
        <Panel title={t('run.children')} flush>
          <DataTable
            label={t('run.children')}
            rows={run.children}
            rowKey={(child) => child.id}
            columns={[
              {
                key: 'name',
                header: t('word.name'),
                grow: true,
                cell: (child) => <TextLink to={`/runs/${child.id}`}>{child.name}</TextLink>,
              },
              {
                key: 'status',
                header: t('word.status'),
                cell: (child) => <StatusBadge status={child.status} />,
              },
              {
                key: 'started',
                header: t('word.started'),
                cell: (child) => <TimeText at={child.startedAt} />,
              },
            ]}
          />
        </Panel>
      ) : null}
    </>
  );
}

function MetricPanel({ run }: { readonly run: Run }) {
  const { t, format } = useMessages();
  const metrics = Object.entries(run.metrics)
    .filter(([name]) => !isSystemMetric(name))
    .sort(([left], [right]) => left.localeCompare(right, 'en', { numeric: true }));
  const { shown, more } = useSlice(metrics, metricsAtOnce);
  return (
    <Panel title={t('run.metrics')} flush={metrics.length > 0}>
      {metrics.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('run.metricsNone')}
        </Text>
      ) : (
        <DataTable
          label={t('run.metrics')}
          rows={shown}
          more={more}
          rowKey={([name]) => name}
          columns={[
            {
              key: 'name',
              header: t('word.metric'),
              grow: true,
              cell: ([name]) => <MetricName name={name} />,
            },
            {
              key: 'value',
              header: t('run.latest'),
              align: 'right',
              cell: ([, point]) => metricText(point.value, format.metric),
            },
            {
              key: 'step',
              header: t('run.step'),
              align: 'right',
              cell: ([, point]) => format.integer(point.step),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function ParamPanel({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  const params = Object.entries(run.params).sort(([left], [right]) => left.localeCompare(right));
  return (
    <Panel title={t('run.params')}>
      {params.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('run.paramsNone')}
        </Text>
      ) : (
        <Facts>
          {params.map(([name, value]) => (
            <Fact key={name} name={name}>
              <span className="mono">{value}</span>
            </Fact>
          ))}
        </Facts>
      )}
    </Panel>
  );
}

function SourcePanel({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  const { codeCommit, codeDiff, dirty, environmentDigest, seeds } = run.source;
  const tags = Object.entries(run.tags);
  const isKnown =
    codeCommit || environmentDigest || seeds || run.project || run.parentRunId || tags.length > 0;
  if (!isKnown)
    return (
      <Panel title={t('run.source')}>
        <QuietText>{t('run.sourceNone')}</QuietText>
      </Panel>
    );
  return (
    <Panel title={t('run.source')}>
      <Facts>
        <Fact name={t('run.commit')}>
          {codeCommit ? (
            <>
              <DigestText digest={codeCommit} /> {dirty ? t('run.dirty') : null}{' '}
              {codeDiff ? <DigestText digest={codeDiff} /> : null}
            </>
          ) : null}
        </Fact>
        <Fact name={t('run.environment')}>
          {environmentDigest ? <DigestText digest={environmentDigest} /> : null}
        </Fact>
        <Fact name={t('run.seeds')}>{seeds ? wordsOf(seeds) : null}</Fact>
        <Fact name={t('word.project')}>
          {run.project ? <TextLink to={`/projects/${run.project}`}>{run.project}</TextLink> : null}
        </Fact>
        <Fact name={t('run.parent')}>
          {run.parentRunId ? <TextLink to={`/runs/${run.parentRunId}`}>{run.parentRunId}</TextLink> : null}
        </Fact>
        {tags.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </Facts>
    </Panel>
  );
}

function wordsOf(seeds: Readonly<Record<string, number>>): string {
  return Object.entries(seeds)
    .map(([name, seed]) => `${name} ${seed}`)
    .join(', ');
}
