import type { ReactNode } from 'react';
import { metricName } from '../../../components/metric-name.tsx';
import { Person } from '../../../components/person.tsx';
import { StatusBadge } from '../../../components/status-badge.tsx';
import type { TableColumn } from '../../../components/table-column.ts';
import { TextLink } from '../../../components/text-link.tsx';
import { DurationText, LightTime } from '../../../components/time-text.tsx';
import type { Messages } from '../../../messages/use-messages.tsx';
import { metricText } from '../metric-text.ts';
import type { ColumnChoice } from './list-question.ts';
import { RunChoice } from './run-choice.tsx';
import { readRunField } from './run-field.ts';
import type { ListedRun } from './use-run-list.ts';

/** Fields of every run that the list can show, in the order in which it does. */
export const shownAttributes = [
  'name',
  'experiment',
  'status',
  'startedAt',
  'duration',
  'createdBy',
  'finishedAt',
  'note',
  'parentRunId',
  'id',
] as const;
type ShownAttribute = (typeof shownAttributes)[number];

const attributeCells: Readonly<
  Record<ShownAttribute, { readonly width: number; readonly cell: (run: ListedRun) => ReactNode }>
> = {
  name: { width: 220, cell: (run) => <TextLink to={`/runs/${run.id}`}>{run.name}</TextLink> },
  experiment: { width: 150, cell: (run) => run.experiment },
  status: { width: 122, cell: (run) => <StatusBadge status={run.status} /> },
  startedAt: { width: 130, cell: (run) => <LightTime at={run.startedAt} /> },
  duration: { width: 90, cell: (run) => <DurationText from={run.startedAt} until={run.finishedAt} /> },
  createdBy: { width: 130, cell: (run) => <Person id={run.createdBy} /> },
  finishedAt: {
    width: 130,
    cell: (run) => (run.finishedAt === undefined ? '–' : <LightTime at={run.finishedAt} />),
  },
  note: { width: 220, cell: (run) => run.note.split('\n', 1)[0] || '–' },
  parentRunId: {
    width: 130,
    cell: (run) =>
      run.parentRunId === undefined ? (
        '–'
      ) : (
        <TextLink to={`/runs/${run.parentRunId}`}>{run.parentRunId}</TextLink>
      ),
  },
  id: { width: 130, cell: (run) => <span className="mono">{run.id}</span> },
};

/** What a column is called. */
export function columnLabel(field: string, t: Messages['t']): string {
  const known = readRunField(field);
  if (known === undefined) return field;
  if (known.kind === 'metric') return metricName(known.name, t);
  if (known.kind !== 'attribute') return known.name;
  const shown = shownAttributes.find((name) => name === known.name);
  return shown === undefined ? field : t(`runs.field.${shown}`);
}

/** The column of a choice; nothing where its field is none. */
export function runColumn(
  { field, width, pinned = false }: ColumnChoice,
  { t, format }: Messages,
): TableColumn<ListedRun> | undefined {
  const known = readRunField(field);
  if (known === undefined || known.kind === 'dataset') return undefined;
  const label = columnLabel(field, t);
  if (known.kind === 'attribute') {
    const shown = shownAttributes.find((name) => name === known.name);
    if (shown === undefined) return undefined;
    const { width: usual, cell } = attributeCells[shown];
    return {
      key: field,
      header: label,
      label,
      width: width ?? usual,
      pinned,
      cell,
      ...(shown === 'duration' ? { align: 'right' as const } : {}),
    };
  }
  if (known.kind === 'metric')
    return {
      key: field,
      header: label,
      label,
      width: width ?? 110,
      align: 'right',
      pinned,
      cell: (run) => metricText(run.metrics[known.name]?.value, format.metric),
    };
  const kind = known.kind === 'param' ? 'params' : 'tags';
  return {
    key: field,
    header: <span className="mono">{label}</span>,
    label,
    width: width ?? 120,
    pinned,
    cell: (run) => {
      const text = run[kind][known.name] ?? '–';
      return (
        <span className="mono" title={text}>
          {text}
        </span>
      );
    },
  };
}

/** Where the words stand that runs were searched for. */
export function matchColumn(t: Messages['t']): TableColumn<ListedRun> {
  return {
    key: 'matches',
    header: t('runs.foundIn'),
    label: t('runs.foundIn'),
    width: 260,
    pinned: false,
    fixed: true,
    cell: ({ matches = [] }) => {
      const words = matches.map(({ field, snippet }) => `${columnLabel(field, t)}: ${snippet}`).join(' · ');
      return <span title={words}>{words}</span>;
    },
  };
}

/** Boxes to tick runs with, to compare them. */
export function chosenColumn(t: Messages['t']): TableColumn<ListedRun> {
  return {
    key: 'chosen',
    header: null,
    label: t('runs.chosen'),
    width: 40,
    pinned: true,
    fixed: true,
    cell: (run) => <RunChoice run={run} />,
  };
}
