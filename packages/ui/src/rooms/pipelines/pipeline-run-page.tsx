import { Button, Group, Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction, useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { describeJson } from '../../components/describe-json.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { LayeredGraph } from '../../components/layered-graph.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { DurationText, TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { PipelineStepTable } from './pipeline-step-table.tsx';
import { stepEdges } from './step-edges.ts';
import { TriggerText } from './trigger-text.tsx';

type Run = Answer<'pipelines', 'getRun'>;

/** One run of a pipeline, live while it runs. */
export function PipelineRunPage() {
  const { id = '' } = useParams();
  const run = useAnswer(
    'pipelines',
    'getRun',
    { params: { id } },
    { every: (data) => (data && isMoving(data) ? 1500 : false) },
  );
  return <AnsweredPage query={run}>{(answer) => <PipelineRunView run={answer} />}</AnsweredPage>;
}

function PipelineRunView({ run }: { readonly run: Run }) {
  const { t, format } = useMessages();
  return (
    <>
      <PageHeader
        title={t('pipelineRun.title', { pipeline: run.pipeline })}
        path={[
          [t('pipelines.title'), '/pipelines'],
          [run.pipeline, `/pipelines/${run.pipeline}`],
        ]}
        status={<StatusBadge status={run.status} />}
        actions={<RunActions run={run} />}
      >
        <span className="mono">{run.id}</span> · <TimeText at={run.createdAt} /> ·{' '}
        <DurationText from={run.startedAt} until={run.finishedAt} /> ·{' '}
        {t('pipelineRun.progress', { finished: run.steps.finished, total: run.steps.total })}
        {run.reason ? <div>{run.reason}</div> : null}
      </PageHeader>
      <Panel title={t('pipelineRun.graph')}>
        <LayeredGraph
          nodes={run.graph.map((step) => ({ id: step.name, step }))}
          edges={stepEdges(run.graph)}
          boxWidth={140}
          isMarked={({ step }) => step.status === 'running'}
          content={({ step }) => (
            <>
              <Group justify="space-between" gap={4} wrap="nowrap">
                <Text size="xs" fw={650} truncate title={step.uses}>
                  {step.name}
                </Text>
                <span className="faint">
                  {step.startedAt ? <DurationText from={step.startedAt} until={step.finishedAt} /> : null}
                </span>
              </Group>
              <StatusBadge status={step.status} />
            </>
          )}
        />
      </Panel>
      <Panel title={t('pipeline.steps')} flush>
        <PipelineStepTable steps={run.graph} />
      </Panel>
      <Panel title={t('pipeline.parameters')}>
        <Facts>
          {Object.entries(run.parameters).map(([name, value]) => (
            <Fact key={name} name={name}>
              <span className="mono">{describeJson(value)}</span>
            </Fact>
          ))}
          <Fact name={t('pipelineRun.trigger')}>
            <TriggerText run={run} />
          </Fact>
          <Fact name={t('pipelineRun.tracking')}>
            <TextLink to={`/runs/${run.trackingRunId}`}>{run.trackingRunId}</TextLink>
          </Fact>
          <Fact name={t('pipelineRun.cpu')}>{format.duration(run.cpuSeconds * 1000)}</Fact>
        </Facts>
      </Panel>
    </>
  );
}

function RunActions({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  const mayRun = useMay('pipelines:run');
  const cancel = useAction('pipelines', 'cancel');
  const resume = useAction('pipelines', 'resume');
  if (!mayRun) return null;
  const input = { params: { id: run.id } };
  const error = cancel.error ?? resume.error;
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      {isMoving(run) ? (
        <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(input)}>
          {t('pipelineRun.cancel')}
        </Button>
      ) : null}
      {run.status === 'failed' || run.status === 'cancelled' ? (
        <Button loading={resume.isPending} onClick={() => resume.mutate(input)}>
          {t('pipelineRun.resume')}
        </Button>
      ) : null}
    </>
  );
}

function isMoving(run: Run): boolean {
  return run.status === 'running' || run.status === 'queued';
}
