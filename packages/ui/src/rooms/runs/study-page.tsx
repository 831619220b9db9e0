import type { Trial } from '@esteira/contracts';
import { useMemo } from 'react';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { LineChart } from '../../components/chart.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Figure, Figures } from '../../components/facts.tsx';
import { metricName } from '../../components/metric-name.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { DurationText, TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { bestSoFar } from './best-so-far.ts';

type Study = Answer<'tuning', 'study'>;

/** A search for parameters: its trials, and the best of them so far. */
export function StudyPage() {
  const { id = '' } = useParams();
  const study = useAnswer(
    'tuning',
    'study',
    { params: { id } },
    { every: (data) => (data && data.trials.length < data.maxTrials ? 3000 : false) },
  );
  return <AnsweredPage query={study}>{(answer) => <StudyView study={answer} />}</AnsweredPage>;
}

function StudyView({ study }: { readonly study: Study }) {
  const { t, format } = useMessages();
  const lines = useMemo(() => {
    const values = study.trials.map((trial) => [trial.number, trial.value] as const);
    return [
      { name: t('study.value'), points: values },
      { name: t('study.bestSoFar'), points: bestSoFar(values, study.direction), dashed: true },
    ];
  }, [study, t]);
  const searched = Object.keys(study.space);
  const columns: readonly Column<Trial>[] = [
    { key: 'number', header: t('study.number'), align: 'right', cell: (trial) => trial.number },
    { key: 'state', header: t('word.status'), cell: (trial) => <StatusBadge status={trial.state} /> },
    {
      key: 'value',
      header: metricName(study.objective, t),
      align: 'right',
      cell: (trial) => (trial.value === null ? '–' : format.metric(trial.value)),
    },
    ...searched.map(
      (name): Column<Trial> => ({
        key: name,
        header: <span className="mono">{name}</span>,
        align: 'right',
        cell: (trial) => choiceText(trial.params[name], format.number),
      }),
    ),
    {
      key: 'duration',
      header: t('word.duration'),
      align: 'right',
      cell: (trial) => <DurationText from={trial.startedAt} until={trial.finishedAt} />,
    },
    { key: 'error', header: t('word.reason'), grow: true, cell: (trial) => trial.error },
  ];
  return (
    <>
      <PageHeader title={t('study.title', { name: study.name })} path={[[t('runs.title'), '/runs']]}>
        <span className="mono">{study.id}</span> · <TimeText at={study.createdAt} />
      </PageHeader>
      <Panel>
        <Figures>
          <Figure name={t('study.best')}>
            {study.best?.value === null || study.best === null ? '–' : format.metric(study.best.value)}
          </Figure>
          <Figure name={t('study.objective')}>{metricName(study.objective, t)}</Figure>
          <Figure name={t('study.trials')}>
            {format.integer(study.trials.length)} / {format.integer(study.maxTrials)}
          </Figure>
          <Figure name={t('study.sampler')}>{study.sampler}</Figure>
          <Figure name={t('study.seed')}>{study.seed}</Figure>
        </Figures>
      </Panel>
      <Panel title={t('study.progress')}>
        <LineChart name={t('study.progress')} lines={lines} scale="step" height={240} />
      </Panel>
      <Panel title={t('study.trials')} flush>
        {study.trials.length === 0 ? (
          <QuietText>{t('study.none')}</QuietText>
        ) : (
          <DataTable
            label={t('study.trials')}
            columns={columns}
            rows={study.trials}
            rowKey={(trial) => String(trial.number)}
          />
        )}
      </Panel>
    </>
  );
}

function choiceText(value: Trial['params'][string] | undefined, format: (value: number) => string): string {
  if (value === undefined || value === null) return '–';
  return typeof value === 'number' ? format(value) : String(value);
}
