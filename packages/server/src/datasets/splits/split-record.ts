import { esteiraError } from '../../kernel/errors.ts';
import { quoteIdentifier } from '../../storage/tables/table-engine.ts';
import type { Column } from '../column.ts';
import { parseTime, timeLiteral } from '../time-bound.ts';

/** How a split was asked for; times are ISO 8601 texts or milliseconds since 1970. */
export interface SplitRequest {
  readonly method: 'time';
  readonly timeColumn: string;
  readonly trainFrom?: string | number | undefined;
  readonly trainUntil: string | number;
  readonly testFrom?: string | number | undefined;
  readonly testUntil?: string | number | undefined;
  readonly validationShare?: number | undefined;
  readonly trainRows?: number | undefined;
  readonly testRows?: number | undefined;
  readonly groupColumns?: readonly string[] | undefined;
  readonly seed: number;
}

/** The request with its times in milliseconds; null where nothing was asked for. What makes two splits the same. */
export type SplitRecipe = {
  readonly method: 'time';
  readonly timeColumn: string;
  readonly trainFrom: number | null;
  readonly trainUntil: number;
  readonly testFrom: number;
  readonly testUntil: number | null;
  readonly validationShare: number | null;
  readonly trainRows: number | null;
  readonly testRows: number | null;
  readonly groupColumns: readonly string[];
  readonly seed: number;
};

export type PartName = 'train' | 'validation' | 'test';

/** Rows of one part: those between two times, or, when they were drawn by lot, a file of their own. */
export interface SplitPart {
  readonly rows: number;
  readonly digest: string;
  /** Milliseconds of the first and the last row. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** Microseconds: first inside, first outside. */
  readonly from: number | null;
  readonly until: number | null;
  /** Blob of the drawn rows; null when the part holds every row between its times. */
  readonly drawn: string | null;
}

export interface SplitRecord {
  readonly recipe: SplitRecipe;
  readonly parts: { readonly train: SplitPart; readonly validation?: SplitPart; readonly test: SplitPart };
  readonly leakage: {
    readonly sharedRows: number;
    readonly timeOverlap: boolean;
    readonly groupOverlap: number | null;
  };
  readonly rowsWithoutTime: number;
}

/**
 * Checks a request against the columns of its version.
 * Throws DATASET_COLUMN_UNKNOWN, DATASET_COLUMN_NOT_TEMPORAL, DATASET_WINDOW_INVALID, SPLIT_OVERLAPS.
 */
export function recipeOf(
  request: SplitRequest,
  columns: readonly Column[],
): { recipe: SplitRecipe; time: Column } {
  for (const name of [request.timeColumn, ...(request.groupColumns ?? [])]) {
    if (columns.some((column) => column.name === name)) continue;
    const known = columns.map((column) => column.name).join(', ');
    throw esteiraError('DATASET_COLUMN_UNKNOWN', { column: name, columns: known });
  }
  const time = columns.find((column) => column.name === request.timeColumn);
  if (time === undefined || (time.kind !== 'timestamp' && time.kind !== 'date')) {
    throw esteiraError('DATASET_COLUMN_NOT_TEMPORAL', { column: request.timeColumn, type: time?.type ?? '' });
  }
  const trainFrom = boundOf(request.trainFrom, time) ?? null;
  const trainUntil = required(request.trainUntil, time);
  const testFrom = boundOf(request.testFrom, time) ?? trainUntil;
  const testUntil = boundOf(request.testUntil, time) ?? null;
  if (trainFrom !== null && trainFrom >= trainUntil) throw invalidBound(request.trainUntil, time);
  if (testUntil !== null && testFrom >= testUntil) throw invalidBound(request.testUntil, time);
  if (testFrom < trainUntil) {
    const [from, until] = [testFrom, trainUntil].map((instant) => new Date(instant).toISOString());
    throw esteiraError('SPLIT_OVERLAPS', { testFrom: from ?? null, trainUntil: until ?? null });
  }
  const recipe: SplitRecipe = {
    method: 'time',
    timeColumn: time.name,
    trainFrom,
    trainUntil,
    testFrom,
    testUntil,
    validationShare: request.validationShare ?? null,
    trainRows: request.trainRows ?? null,
    testRows: request.testRows ?? null,
    groupColumns: [...(request.groupColumns ?? [])],
    seed: request.seed,
  };
  return { recipe, time };
}

/** SQL that is true between two times in microseconds, `from` included. */
export function betweenSql(time: Column, from: number | null, until: number | null): string {
  const name = quoteIdentifier(time.name);
  const conditions = [`${name} IS NOT NULL`];
  if (from !== null) conditions.push(`${name} >= ${timeLiteral(time, from / 1000)}`);
  if (until !== null) conditions.push(`${name} < ${timeLiteral(time, until / 1000)}`);
  return conditions.join(' AND ');
}

function boundOf(bound: string | number | undefined, time: Column): number | undefined {
  return bound === undefined ? undefined : required(bound, time);
}

function required(bound: string | number, time: Column): number {
  const instant = typeof bound === 'number' ? Math.round(bound) : parseTime(bound);
  if (instant === undefined) throw invalidBound(bound, time);
  return instant;
}

function invalidBound(bound: string | number | undefined, time: Column): Error {
  return esteiraError('DATASET_WINDOW_INVALID', { bound: bound ?? null, column: time.name, type: time.type });
}
