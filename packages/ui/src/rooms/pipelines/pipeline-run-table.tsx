import { Group, Progress } from '@mantine/core';
import type { ListItem } from '../../api/answers.ts';
import type { Pages } from '../../api/use-answer.ts';
import { PagedTable } from '../../components/paged-table.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { DurationText, TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { TriggerText } from './trigger-text.tsx';

type PipelineRun = ListItem<'pipelines', 'listRuns'>;

/** Runs of pipelines with how far they are. */
export function PipelineRunTable({ runs }: { readonly runs: Pages<PipelineRun> }) {
  const { t } = useMessages();
  return (
    <PagedTable
      label={t('pipelines.runs')}
      pages={runs}
      empty={<QuietText>{t('pipelines.runsEmpty')}</QuietText>}
      rowKey={(run) => run.id}
      columns={[
        {
          key: 'pipeline',
          header: t('word.name'),
          cell: (run) => <TextLink to={`/pipeline-runs/${run.id}`}>{run.pipeline}</TextLink>,
        },
        { key: 'status', header: t('word.status'), cell: (run) => <StatusBadge status={run.status} /> },
        { key: 'steps', header: t('pipeline.steps'), cell: (run) => <StepProgress steps={run.steps} /> },
        { key: 'created', header: t('word.started'), cell: (run) => <TimeText at={run.createdAt} /> },
        {
          key: 'duration',
          header: t('word.duration'),
          align: 'right',
          cell: (run) => <DurationText from={run.startedAt} until={run.finishedAt} />,
        },
        { key: 'trigger', header: t('pipelineRun.trigger'), cell: (run) => <TriggerText run={run} /> },
        { key: 'reason', header: t('word.reason'), grow: true, cell: (run) => run.reason || '–' },
      ]}
    />
  );
}

function StepProgress({ steps }: { readonly steps: PipelineRun['steps'] }) {
  const { t } = useMessages();
  return (
    <Group gap={8} wrap="nowrap">
      <Progress
        value={(100 * steps.finished) / Math.max(1, steps.total)}
        w={70}
        size="sm"
        aria-label={t('pipeline.steps')}
      />
      <span className="number">
        {t('pipelineRun.progress', { finished: steps.finished, total: steps.total })}
      </span>
    </Group>
  );
}
