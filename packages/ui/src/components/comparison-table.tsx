import type { Comparison } from '@esteira/contracts';
import { useMessages } from '../messages/use-messages.tsx';
import { DataTable } from './data-table.tsx';
import { IntervalMark } from './interval-mark.tsx';
import { StatusBadge } from './status-badge.tsx';

interface ComparisonTableProps {
  readonly comparisons: readonly Comparison[];
  /** Level of the interval, from 0 to 1. */
  readonly confidence: number;
}

/** A model against others on the same rows; the advantage is above zero where it is better, whatever the metric. */
export function ComparisonTable({ comparisons, confidence }: ComparisonTableProps) {
  const { t, format } = useMessages();
  const extent = Math.max(
    1e-9,
    ...comparisons.flatMap((row) => [Math.abs(row.lower ?? 0), Math.abs(row.upper ?? 0)]),
  );
  return (
    <DataTable
      label={t('evaluation.against')}
      rows={comparisons}
      rowKey={(row) => `${row.name} ${row.trainedModelId}`}
      columns={[
        { key: 'name', header: t('evaluation.name'), cell: (row) => row.name },
        {
          key: 'value',
          header: t('evaluation.theirs'),
          align: 'right',
          cell: (row) => (row.value === null ? '–' : format.metric(row.value)),
        },
        {
          key: 'difference',
          header: t('evaluation.difference'),
          align: 'right',
          cell: (row) => (row.difference === null ? '–' : format.metric(row.difference)),
        },
        {
          key: 'interval',
          header: t('evaluation.interval', { confidence: format.percent(confidence, 0) }),
          grow: true,
          cell: ({ lower, upper, difference }) =>
            lower === null || upper === null ? (
              '–'
            ) : (
              <>
                <IntervalMark lower={lower} upper={upper} value={difference} extent={extent} />{' '}
                <span className="number faint">
                  {format.metric(lower)} … {format.metric(upper)}
                </span>
              </>
            ),
        },
        { key: 'verdict', header: t('word.status'), cell: (row) => <StatusBadge status={row.verdict} /> },
      ]}
    />
  );
}
