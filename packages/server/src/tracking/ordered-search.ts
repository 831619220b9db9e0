import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { esteiraError } from '../kernel/errors.ts';
import { type Page, pagesByKey } from '../kernel/paging.ts';

/** One thing rows are ordered by. */
export interface OrderTerm {
  readonly value: RawBuilder<unknown>;
  readonly type: 'number' | 'string';
  readonly direction: 'asc' | 'desc';
  /** 0 where a row has a value; higher ranks come later, whatever the direction. Absent where every row has one. */
  readonly rank?: RawBuilder<number>;
}

/** Columns that together no two rows share, each in its direction or that of all. */
export interface OrderTie {
  readonly columns: readonly TieColumn[];
  readonly direction: 'asc' | 'desc';
}

interface TieColumn {
  readonly name: string;
  readonly type: 'number' | 'string';
  readonly direction?: 'asc' | 'desc';
}

type Row = Readonly<Record<string, unknown>>;

/** The SQL of an order by several terms, and its pages. */
interface OrderedSearch {
  /** To be selected with each row: what its place in the order is made of. */
  readonly selections: readonly RawBuilder<unknown>[];
  /** Over the selections. */
  readonly orderBy: RawBuilder<unknown>;
  /** For a `where`: rows behind the cursor; undefined for the first page. Throws INVALID_REQUEST for a cursor of another search. */
  behind(cursor: string | undefined): RawBuilder<SqlBool> | undefined;
  page<R extends Row, T>(rows: readonly R[], limit: number, toItem: (row: R) => T): Page<T>;
}

/** Orders the rows of a list by terms, then by the tie. */
export function orderedSearch(list: string, terms: readonly OrderTerm[], tie: OrderTie): OrderedSearch {
  const shape: ('number' | 'string')[] = [
    // Values stand as text, because JSON has no infinities.
    ...terms.flatMap(() => ['number', 'string'] as const),
    ...tie.columns.map(({ type }) => type),
  ];
  const pages = pagesByKey(list, shape, (row: Row) => [
    ...terms.flatMap((_, index): (string | number)[] => [
      Number(row[`order_rank_${index}`]),
      String(row[`order_value_${index}`] ?? ''),
    ]),
    ...tie.columns.map((_, index) => row[`order_tie_${index}`] as string | number),
  ]);
  return {
    selections: [
      ...terms.flatMap(({ value, rank = sql`0` }, index) => [
        sql`${rank} as ${sql.ref(`order_rank_${index}`)}`,
        sql`${value} as ${sql.ref(`order_value_${index}`)}`,
      ]),
      ...tie.columns.map(({ name }, index) => sql`${sql.ref(name)} as ${sql.ref(`order_tie_${index}`)}`),
    ],
    orderBy: sql.join([
      ...terms.flatMap(({ direction, rank }, index) => [
        ...(rank === undefined ? [] : [sql.ref(`order_rank_${index}`)]),
        sql`${sql.ref(`order_value_${index}`)} ${sql.raw(direction)}`,
      ]),
      ...tie.columns.map(
        ({ direction = tie.direction }, index) => sql`${sql.ref(`order_tie_${index}`)} ${sql.raw(direction)}`,
      ),
    ]),
    behind(cursor) {
      const key = pages.keyBehind(cursor);
      if (key === undefined) return undefined;
      if (key.some((part) => typeof part === 'number' && !Number.isSafeInteger(part))) throw strangeCursor();
      const places = terms.map(({ type }, index) => ({
        rank: Number(key[2 * index]),
        value: typedValue(type, String(key[2 * index + 1])),
      }));
      return behindTerms(terms, places, tieBehind(tie, key.slice(2 * terms.length)));
    },
    page: (rows, limit, toItem) => pages.of(rows, limit, toItem),
  };
}

interface Place {
  readonly rank: number;
  readonly value: number | string;
}

/** Behind by the first term, or level with it and behind by the rest. */
function behindTerms(
  terms: readonly OrderTerm[],
  places: readonly Place[],
  tie: RawBuilder<SqlBool>,
): RawBuilder<SqlBool> {
  const [term, ...furtherTerms] = terms;
  const [place, ...furtherPlaces] = places;
  if (term === undefined || place === undefined) return tie;
  const rest = behindTerms(furtherTerms, furtherPlaces, tie);
  const { rank = sql`0`, value } = term;
  if (place.rank > 0) return sql<SqlBool>`(${rank} > ${place.rank} or (${rank} = ${place.rank} and ${rest}))`;
  const beyond = sql.raw(term.direction === 'desc' ? '<' : '>');
  const level = typeof place.value === 'number' ? sql`cast(${place.value} as double precision)` : place.value;
  return sql<SqlBool>`(${rank} > 0 or (${rank} = 0 and (${value} ${beyond} ${level} or (${value} = ${level} and ${rest}))))`;
}

/** A comparison of rows (SQL-92), in which an engine can seek when an index has the columns in their order. */
function tieBehind(tie: OrderTie, values: readonly (string | number)[]): RawBuilder<SqlBool> {
  const [first, ...others] = tie.columns;
  if (first !== undefined && others.some((column) => column.direction !== undefined)) {
    const { direction = tie.direction } = first;
    const column = sql.ref(first.name);
    const rest = tieBehind(
      { columns: others, direction: others[0]?.direction ?? direction },
      values.slice(1),
    );
    const beyond = sql.raw(direction === 'desc' ? '<' : '>');
    // The first comparison is for the index alone.
    return sql<SqlBool>`(${column} ${beyond}= ${values[0]} and (${column} ${beyond} ${values[0]} or ${rest}))`;
  }
  const columns = sql.join(tie.columns.map(({ name }) => sql.ref(name)));
  const beyond = sql.raw(tie.direction === 'desc' ? '<' : '>');
  return sql<SqlBool>`(${columns}) ${beyond} (${sql.join(values)})`;
}

function typedValue(type: OrderTerm['type'], text: string): number | string {
  if (type === 'string') return text;
  const value = Number(text);
  if (Number.isNaN(value)) throw strangeCursor();
  return value;
}

function strangeCursor(): Error {
  return esteiraError('INVALID_REQUEST', { problem: 'query.cursor: not a cursor of this list' });
}
