import { type PinnedPipeline, type PipelineStep, type StepCounters, sourcesOf } from '@esteira/contracts';
import { Badge } from '@mantine/core';
import type { Column } from '../../components/data-table.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { DigestText } from '../../components/digest-text.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

interface PipelineStepsProps {
  readonly pipeline: PinnedPipeline;
  /** What each took where the model is served. */
  readonly times?: readonly StepCounters[];
}

/** The steps of a model that is several: which version each is, what it reads, how long it may take and takes. */
export function PipelineSteps({ pipeline, times }: PipelineStepsProps) {
  const { t, format } = useMessages();
  const columns: readonly Column<PipelineStep>[] = [
    {
      key: 'name',
      header: t('pipelineModel.step'),
      cell: ({ name }) => (
        <>
          <span className="mono">{name}</span>{' '}
          {name === pipeline.answer ? (
            <Badge size="xs" variant="light" tt="none">
              {t('pipelineModel.answer')}
            </Badge>
          ) : null}
        </>
      ),
    },
    {
      key: 'what',
      header: t('pipelineModel.what'),
      cell: (step) => <StepText step={step} pipeline={pipeline} />,
    },
    {
      key: 'reads',
      header: t('pipelineModel.reads'),
      grow: true,
      cell: (step) => <span className="mono">{readsOf(step).join(', ') || t('pipelineModel.columns')}</span>,
    },
    {
      key: 'limit',
      header: t('pipelineModel.limit'),
      align: 'right',
      cell: (step) =>
        'model' in step && step.timeoutMs !== undefined
          ? format.duration(step.timeoutMs)
          : t('pipelineModel.limitOfWhole'),
    },
    ...(times === undefined ? [] : timeColumns(times)),
  ];
  return (
    <Panel title={t('pipelineModel.title')} hint={t('pipelineModel.hint')} flush>
      <DataTable
        label={t('pipelineModel.title')}
        rows={pipeline.steps}
        rowKey={({ name }) => name}
        columns={columns}
      />
    </Panel>
  );

  function timeColumns(taken: readonly StepCounters[]): readonly Column<PipelineStep>[] {
    const timeOf = ({ name }: PipelineStep) => taken.find(({ step }) => step === name);
    return [
      {
        key: 'runs',
        header: t('pipelineModel.runs'),
        align: 'right',
        cell: (step) => format.integer(timeOf(step)?.runs ?? 0),
      },
      {
        key: 'mean',
        header: t('pipelineModel.meanTime'),
        align: 'right',
        cell: (step) => {
          const time = timeOf(step);
          return time === undefined || time.runs === 0 ? '–' : format.duration(time.ms / time.runs);
        },
      },
    ];
  }
}

interface StepTextProps {
  readonly step: PipelineStep;
  readonly pipeline: PinnedPipeline;
}

function StepText({ step, pipeline }: StepTextProps) {
  const { t } = useMessages();
  if ('map' in step) return t('pipelineModel.map', { count: Object.keys(step.map).length });
  if ('combine' in step) return t(`pipelineModel.${step.combine}`);
  if ('rule' in step) return t('pipelineModel.rule');
  const pinned = pipeline.pinned[step.name];
  if (pinned === undefined) return <span className="mono">{step.model}</span>;
  return (
    <>
      <TextLink to={`/model-versions/${pinned.modelVersionId}`}>
        {t('modelVersion.title', { model: pinned.model, version: pinned.version })}
      </TextLink>{' '}
      <DigestText digest={pinned.digest} />
    </>
  );
}

/** `column ← source` where a step knows a column by another name; weights where scores are combined. */
function readsOf(step: PipelineStep): readonly string[] {
  if ('combine' in step) return Object.entries(step.of).map(([name, weight]) => `${name} × ${weight}`);
  if ('map' in step) return [...new Set(sourcesOf(step))];
  return Object.entries(step.inputs).map(([column, source]) =>
    column === source ? column : `${column} ← ${source}`,
  );
}
