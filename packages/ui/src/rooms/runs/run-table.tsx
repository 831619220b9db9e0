import { Checkbox, UnstyledButton } from '@mantine/core';
import type { ListItem } from '../../api/answers.ts';
import type { Pages } from '../../api/use-answer.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { metricName } from '../../components/metric-name.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { DurationText, TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { keyColumns } from './key-columns.ts';
import { metricText } from './metric-text.ts';

type Run = ListItem<'tracking', 'searchRuns'>;

interface RunTableProps {
  readonly runs: readonly Run[];
  readonly more: Pages<Run>;
  readonly orderBy: string;
  readonly onOrder: (order: string) => void;
  /** Ids of the runs that are ticked to be compared. */
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (id: string) => void;
}

/** Runs with the metrics they share and the parameters in which they differ. */
export function RunTable({ runs, more, orderBy, onOrder, chosen, onChoose }: RunTableProps) {
  const { t, format } = useMessages();
  const shown = keyColumns(runs, { metrics: 5, params: 4 });
  const columns: readonly Column<Run>[] = [
    {
      key: 'chosen',
      header: '',
      cell: (run) => (
        <Checkbox
          size="xs"
          aria-label={t('compare.choose', { name: run.name })}
          checked={chosen.has(run.id)}
          onChange={() => onChoose(run.id)}
        />
      ),
    },
    {
      key: 'name',
      header: t('word.name'),
      cell: (run) => <TextLink to={`/runs/${run.id}`}>{run.name}</TextLink>,
    },
    { key: 'experiment', header: t('runs.experiment'), cell: (run) => run.experiment },
    { key: 'status', header: t('word.status'), cell: (run) => <StatusBadge status={run.status} /> },
    { key: 'started', header: t('word.started'), cell: (run) => <TimeText at={run.startedAt} /> },
    {
      key: 'duration',
      header: t('word.duration'),
      align: 'right',
      cell: (run) => <DurationText from={run.startedAt} until={run.finishedAt} />,
    },
    ...shown.metrics.map(
      (name): Column<Run> => ({
        key: `metric ${name}`,
        header: <OrderButton name={name} orderBy={orderBy} onOrder={onOrder} />,
        align: 'right',
        cell: (run) => metricText(run.metrics[name]?.value, format.metric),
      }),
    ),
    ...shown.params.map(
      (name): Column<Run> => ({
        key: `param ${name}`,
        header: <span className="mono">{name}</span>,
        cell: (run) => <span className="mono">{shorten(run.params[name])}</span>,
      }),
    ),
  ];
  return (
    <DataTable label={t('runs.title')} columns={columns} rows={runs} rowKey={(run) => run.id} more={more} />
  );
}

function OrderButton({
  name,
  orderBy,
  onOrder,
}: {
  readonly name: string;
  readonly orderBy: string;
  readonly onOrder: (order: string) => void;
}) {
  const { t } = useMessages();
  const descending = `metrics.${name} desc`;
  const label = metricName(name, t);
  return (
    <UnstyledButton
      fz="inherit"
      fw="inherit"
      title={t('runs.byMetric', { metric: label })}
      onClick={() => onOrder(orderBy === descending ? '' : descending)}
    >
      {label} {orderBy === descending ? '↓' : ''}
    </UnstyledButton>
  );
}

function shorten(value: string | undefined): string {
  if (value === undefined) return '–';
  return value.length > 28 ? `${value.slice(0, 27)}…` : value;
}
