import { useMemo } from 'react';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { BarChart, LineChart } from '../../components/chart.tsx';
import { Columns } from '../../components/columns.tsx';
import { ComparisonTable } from '../../components/comparison-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Figure, Figures } from '../../components/facts.tsx';
import { metricName } from '../../components/metric-name.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { shortId } from '../../components/short-id.ts';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Evaluation = Answer<'evaluation', 'evaluation'>;

const shown = [
  'pr_auc',
  'roc_auc',
  'log_loss',
  'brier',
  'ece',
  'precision',
  'recall',
  'f1',
  'accuracy',
] as const;

/** One evaluation: how good the model is, against what, for whom, and why. */
export function EvaluationPage() {
  const { id = '' } = useParams();
  const evaluation = useAnswer('evaluation', 'evaluation', { params: { id } });
  return <AnsweredPage query={evaluation}>{(answer) => <EvaluationView evaluation={answer} />}</AnsweredPage>;
}

function EvaluationView({ evaluation }: { readonly evaluation: Evaluation }) {
  const { t, format } = useMessages();
  const { metrics, baselines, current, alpha } = evaluation;
  return (
    <>
      <PageHeader
        title={t('evaluation.title', { id: shortId(evaluation.id) })}
        path={[[evaluation.project, `/projects/${evaluation.project}`]]}
        actions={<TextLink to={`/runs/${evaluation.runId}`}>{evaluation.runId}</TextLink>}
      >
        {t('evaluation.onRows', { rows: metrics.rows, part: evaluation.part })} ·{' '}
        <TextLink to={`/splits/${evaluation.splitId}`}>{evaluation.splitId}</TextLink> ·{' '}
        <TimeText at={evaluation.createdAt} />
      </PageHeader>
      <Panel title={t('evaluation.metrics')}>
        <Figures>
          {shown.map((name) => {
            const value = metrics[name];
            return value === null ? null : (
              <Figure key={name} name={metricName(name, t)}>
                {format.metric(value)}
              </Figure>
            );
          })}
          <Figure name={t('evaluation.threshold')}>{format.number(metrics.threshold)}</Figure>
        </Figures>
      </Panel>
      <Panel title={t('evaluation.against')} flush>
        <ComparisonTable
          comparisons={[...baselines, ...(current ? [{ ...current, name: t('evaluation.live') }] : [])]}
          confidence={1 - alpha}
        />
      </Panel>
      <Columns>
        <Calibration evaluation={evaluation} />
        <Importance evaluation={evaluation} />
      </Columns>
      <Columns>
        <Slices evaluation={evaluation} />
        <Fairness evaluation={evaluation} />
      </Columns>
    </>
  );
}

function Calibration({ evaluation }: { readonly evaluation: Evaluation }) {
  const { t, format } = useMessages();
  const lines = useMemo(
    () => [
      {
        name: t('evaluation.observed'),
        points: evaluation.calibration.map((bin) => [bin.predicted, bin.observed] as const),
      },
      {
        name: t('evaluation.perfect'),
        points: evaluation.calibration.map((bin) => [bin.predicted, bin.predicted] as const),
        dashed: true,
      },
    ],
    [evaluation.calibration, t],
  );
  return (
    <Panel title={t('evaluation.calibration')} hint={t('evaluation.calibrationHint')}>
      <LineChart
        name={t('evaluation.calibration')}
        lines={lines}
        scale="value"
        formatValue={format.number}
        height={260}
      />
    </Panel>
  );
}

function Importance({ evaluation }: { readonly evaluation: Evaluation }) {
  const { t } = useMessages();
  const bars = useMemo(() => {
    const top = [...evaluation.importance].sort((left, right) => right.gain - left.gain).slice(0, 15);
    return {
      categories: top.map((entry) => entry.feature),
      series: [{ name: t('evaluation.gain'), values: top.map((entry) => entry.gain) }],
      lying: true,
    };
  }, [evaluation.importance, t]);
  return (
    <Panel title={t('evaluation.importance')}>
      <BarChart
        name={t('evaluation.importance')}
        bars={bars}
        height={Math.max(120, 22 * bars.categories.length + 40)}
      />
    </Panel>
  );
}

function Slices({ evaluation }: { readonly evaluation: Evaluation }) {
  const { t, format } = useMessages();
  return (
    <Panel title={t('evaluation.slices')} flush>
      <DataTable
        label={t('evaluation.slices')}
        rows={evaluation.slices}
        rowKey={(slice) => `${slice.column} ${slice.value}`}
        columns={[
          {
            key: 'slice',
            header: t('evaluation.slice'),
            grow: true,
            cell: (slice) => (
              <span className="mono">
                {slice.column} = {slice.value}
              </span>
            ),
          },
          {
            key: 'rows',
            header: t('word.rows'),
            align: 'right',
            cell: (slice) => format.integer(slice.rows),
          },
          {
            key: 'base',
            header: t('evaluation.baseRate'),
            align: 'right',
            cell: (slice) => number(slice.base_rate),
          },
          {
            key: 'pr',
            header: metricName('pr_auc', t),
            align: 'right',
            cell: (slice) => number(slice.pr_auc),
          },
          {
            key: 'roc',
            header: metricName('roc_auc', t),
            align: 'right',
            cell: (slice) => number(slice.roc_auc),
          },
        ]}
      />
    </Panel>
  );

  function number(value: number | null): string {
    return value === null ? '–' : format.metric(value);
  }
}

function Fairness({ evaluation }: { readonly evaluation: Evaluation }) {
  const { t, format } = useMessages();
  return (
    <Panel title={t('evaluation.fairness')} flush>
      {evaluation.fairness.length === 0 ? (
        <QuietText>{t('evaluation.fairnessNone')}</QuietText>
      ) : (
        <DataTable
          label={t('evaluation.fairness')}
          rows={evaluation.fairness}
          rowKey={(finding) => `${finding.attribute} ${finding.metric}`}
          columns={[
            { key: 'attribute', header: t('evaluation.attribute'), cell: (finding) => finding.attribute },
            { key: 'metric', header: t('word.metric'), grow: true, cell: (finding) => finding.metric },
            {
              key: 'groups',
              header: t('evaluation.groups'),
              align: 'right',
              cell: (finding) => finding.groups,
            },
            {
              key: 'smallest',
              header: t('evaluation.smallest'),
              align: 'right',
              cell: (finding) => format.integer(finding.smallestGroup),
            },
            {
              key: 'value',
              header: t('word.value'),
              align: 'right',
              cell: (finding) => format.metric(finding.value),
            },
            {
              key: 'limit',
              header: t('evaluation.limit'),
              align: 'right',
              cell: (finding) => format.number(finding.limit),
            },
            {
              key: 'verdict',
              header: t('word.status'),
              cell: (finding) => <StatusBadge status={finding.withinLimit ? 'pass' : 'fail'} />,
            },
          ]}
        />
      )}
    </Panel>
  );
}
