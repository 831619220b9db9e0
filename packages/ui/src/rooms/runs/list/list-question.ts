import type { RunListQuestion } from '@esteira/contracts';
import type { Address } from '../../../components/use-address.ts';
import { runStatuses } from '../run-statuses.ts';

/** A column of the list, by its field. */
export type ColumnChoice = NonNullable<RunListQuestion['columns']>[number];

/** What the page of runs is asked, out of its address. */
export function readQuestion(address: Pick<Address, 'word' | 'words'>): RunListQuestion {
  const status = runStatuses.find((known) => known === address.word('status'));
  const columns = address.words('column').map(readColumn);
  const word = (name: 'experiment' | 'filter' | 'text' | 'order' | 'group') => {
    const value = address.word(name);
    return value === '' ? {} : { [name]: value };
  };
  return {
    ...word('experiment'),
    ...(status === undefined ? {} : { status }),
    ...word('filter'),
    ...word('text'),
    ...word('order'),
    ...word('group'),
    ...(columns.length === 0 ? {} : { columns }),
  };
}

/** The same question for the address; what is not asked is taken out of it. */
export function questionWords({ columns, ...question }: RunListQuestion): Record<string, string | string[]> {
  return {
    experiment: question.experiment ?? '',
    status: question.status ?? '',
    filter: question.filter ?? '',
    text: question.text ?? '',
    order: question.order ?? '',
    group: question.group ?? '',
    column: columnWords(columns ?? []),
  };
}

export function columnWords(columns: readonly ColumnChoice[]): string[] {
  return columns.map(
    ({ field, width, pinned }) =>
      `${field}${width === undefined ? '' : `|${width}`}${pinned ? '|pinned' : ''}`,
  );
}

// The field comes first and may hold any character; what follows is read from the end.
function readColumn(word: string): ColumnChoice {
  const [, field = word, width, pinned] = /^(.+?)(?:\|(\d{2,4}))?(\|pinned)?$/s.exec(word) ?? [];
  return {
    field,
    ...(width === undefined ? {} : { width: Math.min(2000, Math.max(40, Number(width))) }),
    ...(pinned === undefined ? {} : { pinned: true }),
  };
}

/** Puts a column before another. */
export function moveColumn(
  columns: readonly ColumnChoice[],
  field: string,
  before: string,
): readonly ColumnChoice[] {
  const moved = columns.find((column) => column.field === field);
  const target = columns.find((column) => column.field === before);
  if (moved === undefined || target === undefined || moved === target) return columns;
  const rest = columns.filter((column) => column !== moved);
  // Among pinned columns it is pinned, and among the others it is not.
  const { pinned: _, ...plain } = moved;
  const place = rest.indexOf(target) + (columns.indexOf(moved) < columns.indexOf(target) ? 1 : 0);
  return rest.toSpliced(place, 0, target.pinned ? { ...plain, pinned: true } : plain);
}

/** Pinned columns stand left of the others, each in their order. */
export function pinnedFirst(columns: readonly ColumnChoice[]): readonly ColumnChoice[] {
  return [...columns.filter(({ pinned }) => pinned), ...columns.filter(({ pinned }) => !pinned)];
}

/** The next order after a click on a column: the greatest first, then the least, then none. */
export function nextOrder(order: string, field: string): string {
  if (order === `${field} desc`) return `${field} asc`;
  return order === `${field} asc` ? '' : `${field} desc`;
}
