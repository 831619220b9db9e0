import type { JsonValue, Reference } from '@esteira/contracts';
import { Progress, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/answers.ts';
import { DataTable } from '../../components/data-table.tsx';
import { JsonLine } from '../../components/json-view.tsx';
import { ReferenceLink } from '../../components/node-kind.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { DurationText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import './pipeline-step-table.css';

type Step = Answer<'pipelines', 'getRun'>['graph'][number];

/** The steps of a run: state, what they gave, where a reused result comes from, why one failed or waits. */
export function PipelineStepTable({ steps }: { readonly steps: readonly Step[] }) {
  const { t } = useMessages();
  return (
    <DataTable
      label={t('pipeline.steps')}
      rows={steps}
      rowKey={(step) => step.name}
      columns={[
        {
          key: 'name',
          header: t('pipelineRun.step'),
          cell: (step) =>
            step.trackingRunId ? (
              <TextLink to={`/runs/${step.trackingRunId}`}>{step.name}</TextLink>
            ) : (
              step.name
            ),
        },
        {
          key: 'uses',
          header: t('pipelineRun.uses'),
          cell: (step) => <span className="mono">{step.uses}</span>,
        },
        { key: 'status', header: t('word.status'), cell: (step) => <StatusBadge status={step.status} /> },
        {
          key: 'duration',
          header: t('word.duration'),
          align: 'right',
          cell: (step) => <DurationText from={step.startedAt} until={step.finishedAt} />,
        },
        { key: 'outputs', header: t('pipelineRun.outputs'), cell: (step) => <Outputs step={step} /> },
        {
          key: 'cache',
          header: t('pipelineRun.cache'),
          grow: true,
          cell: (step) => <Circumstances step={step} />,
        },
      ]}
    />
  );
}

function Outputs({ step }: { readonly step: Step }) {
  return Object.entries(step.outputs).map(([name, output]) => (
    <div key={name} title={name}>
      {isReference(output) ? (
        <ReferenceLink reference={output} />
      ) : (
        <div className="step-value">
          {name} <JsonLine value={output} />
        </div>
      )}
    </div>
  ));
}

function Circumstances({ step }: { readonly step: Step }): ReactNode {
  const { t } = useMessages();
  if (step.error) {
    return (
      <Text size="sm" c="var(--bad)">
        <span className="mono">{step.error.code}</span> {step.error.what} {step.error.todo}
      </Text>
    );
  }
  if (step.cachedFrom) {
    return (
      <>
        {t('pipelineRun.cachedFrom', { step: step.cachedFrom.step })}{' '}
        <TextLink to={`/pipeline-runs/${step.cachedFrom.pipelineRunId}`}>
          {step.cachedFrom.pipelineRunId}
        </TextLink>
      </>
    );
  }
  if (step.status === 'running' && step.progress) {
    return (
      <>
        <Progress value={step.progress.share * 100} size="sm" w={140} aria-label={step.name} />
        <Text size="xs" c="dimmed">
          {step.progress.message}
        </Text>
      </>
    );
  }
  return (
    <span className="faint">
      {step.reason ?? step.cache?.verdict}
      {step.attempt > 1 ? ` · ${t('pipelineRun.attempt', { attempt: step.attempt })}` : ''}
    </span>
  );
}

function isReference(output: Reference | JsonValue): output is Reference {
  return (
    typeof output === 'object' && output !== null && 'type' in output && 'id' in output && 'digest' in output
  );
}
