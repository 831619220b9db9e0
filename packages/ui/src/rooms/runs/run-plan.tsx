import { List, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { usePointCount } from './use-point-count.ts';

type Run = Answer<'tracking', 'getRun'>;

const restMs = 250;
/** Files that are counted one by one; of more it is said that there are more. */
const filesCounted = 1000;

/** What a fork will hold, in numbers. */
export function ForkPlan({ run, step }: { readonly run: Run; readonly step: number | undefined }) {
  const { t } = useMessages();
  const [upTo] = useDebouncedValue(step, restMs);
  const copied = usePointCount(run, upTo === undefined ? {} : { toStep: upTo });
  return (
    <Plan
      title={t('runPlan.fork')}
      lines={[
        t('runPlan.params', { count: Object.keys(run.params).length }),
        t('runPlan.tags', { count: Object.keys(run.tags).length }),
        copied === undefined ? t('runPlan.counting') : t('runPlan.points', { count: copied }),
        t('runPlan.noFiles'),
      ]}
    />
  );
}

/** What putting a run back takes out of it, in numbers; nothing before the step is said. */
export function RewindPlan({ run, step }: { readonly run: Run; readonly step: number | undefined }) {
  const { t } = useMessages();
  const [last] = useDebouncedValue(step, restMs);
  const all = usePointCount(run, {});
  const gone = usePointCount(run, last === undefined ? undefined : { fromStep: last + 1 });
  if (step === undefined) return null;
  const isCounted = all !== undefined && gone !== undefined && last === step;
  return (
    <Plan
      title={t('runPlan.rewind', { step })}
      lines={
        isCounted
          ? [
              t('runPlan.goes', { count: gone }),
              t('runPlan.stays', { count: all - gone }),
              gone === 0 ? t('runActions.rewoundNothing') : t('runPlan.keptAs', { name: run.name }),
            ]
          : [t('runPlan.counting')]
      }
    />
  );
}

/** What purging a run removes for good, in numbers. */
export function PurgePlan({ run }: { readonly run: Run }) {
  const { t, format } = useMessages();
  const points = usePointCount(run, {});
  const files = useAnswer('tracking', 'listArtifacts', {
    params: { id: run.id },
    query: { limit: filesCounted },
  });
  const { items = [], nextCursor } = files.data ?? {};
  const size = format.bytes(items.reduce((sum, file) => sum + file.size, 0));
  const filesLine = t(nextCursor === undefined ? 'runPlan.files' : 'runPlan.manyFiles', {
    count: items.length,
    size,
  });
  return (
    <Plan
      title={t('runPlan.purge')}
      lines={[
        t('runPlan.params', { count: Object.keys(run.params).length }),
        t('runPlan.tags', { count: Object.keys(run.tags).length }),
        points === undefined ? t('runPlan.counting') : t('runPlan.points', { count: points }),
        files.data === undefined ? t('runPlan.countingFiles') : filesLine,
        ...(run.children.length === 0 ? [] : [t('runPlan.childrenStay', { count: run.children.length })]),
      ]}
    />
  );
}

function Plan({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <List size="sm" aria-label={title} aria-live="polite">
        {lines.map((line) => (
          <List.Item key={line}>{line}</List.Item>
        ))}
      </List>
    </div>
  );
}
