import { MlInputError } from '../ml-input-error.ts';
import type { Values } from '../numeric-values.ts';
import { cellsOf, mergeCells, type ValueCells } from './value-cells.ts';

const DEFAULT_MAX_CELLS = 4096;

/** Where a column stood when a model was trained: a plain JSON value, mergeable, of bounded size for numbers. */
export type ReferenceProfile = NumericProfile | CategoricalProfile;

export interface NumericProfile {
  kind: 'numeric';
  version: 1;
  /** Rows with a finite value; NaN or null; infinite. */
  rows: number;
  missing: number;
  infinite: number;
  /** Least and largest finite value, exact at every level; null without rows. */
  least: number | null;
  largest: number | null;
  /** 0: exact. Above, values stand for cells of relative width about 2^(level - 52). */
  level: number;
  maxCells: number;
  values: number[];
  counts: number[];
}

export interface CategoricalProfile {
  kind: 'categorical';
  version: 1;
  rows: number;
  missing: number;
  /** Ascending by code unit, with their counts. */
  categories: string[];
  counts: number[];
}

/** A column: numbers (NaN missing), or strings, booleans and numbers as categories (null missing). */
export type ColumnValues = Values | readonly (string | number | boolean | null)[];

/**
 * Profiles a column once, so that every later window is compared without the reference's rows. Numbers are numeric and
 * everything else categorical, unless `kind` says otherwise. `maxCells` (default 4096) bounds a numeric profile; up to
 * that many distinct values it is exact. Categorical profiles hold every category.
 * @throws MlInputError `VALUE_NOT_NUMERIC`, `MAX_CELLS_INVALID`
 */
export function createReferenceProfile(
  values: ColumnValues,
  options: { kind?: 'numeric' | 'categorical'; maxCells?: number } = {},
): ReferenceProfile {
  const kind = options.kind ?? kindOf(values);
  if (kind === 'categorical') return categoricalProfile(values);
  const maxCells = options.maxCells ?? DEFAULT_MAX_CELLS;
  if (!Number.isInteger(maxCells) || maxCells < 16) {
    throw new MlInputError('MAX_CELLS_INVALID', `maxCells is ${maxCells}; at least 16`);
  }
  const column = splitNumbers(values);
  const cells = cellsOf(column.finite.slice(), maxCells);
  return numericProfile(cells, {
    ...rangeOf(column.finite),
    missing: column.missing,
    infinite: column.infinite,
    maxCells,
  });
}

/**
 * The profile of both references' rows together, the same as profiling them at once.
 * @throws MlInputError `PROFILES_DIFFER` for different kinds or cell bounds
 */
export function mergeReferenceProfiles(a: ReferenceProfile, b: ReferenceProfile): ReferenceProfile {
  if (a.kind === 'categorical' && b.kind === 'categorical') return mergeCategorical(a, b);
  if (a.kind !== 'numeric' || b.kind !== 'numeric' || a.maxCells !== b.maxCells) {
    throw new MlInputError('PROFILES_DIFFER', 'the profiles differ in kind or maxCells');
  }
  const cells = mergeCells(profileCells(a), profileCells(b), a.maxCells);
  return numericProfile(cells, {
    least: extreme(Math.min, a.least, b.least),
    largest: extreme(Math.max, a.largest, b.largest),
    missing: a.missing + b.missing,
    infinite: a.infinite + b.infinite,
    maxCells: a.maxCells,
  });
}

/** A numeric profile's cells as typed arrays. */
export function profileCells(profile: NumericProfile): ValueCells {
  return {
    level: profile.level,
    values: Float64Array.from(profile.values),
    counts: Float64Array.from(profile.counts),
  };
}

/** Finite values, and how many were missing or infinite. */
export function splitNumbers(values: ColumnValues): {
  finite: Float64Array;
  missing: number;
  infinite: number;
} {
  const kept = new Float64Array(values.length);
  let size = 0;
  let missing = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? null;
    if (value === null || Number.isNaN(value)) missing++;
    else if (typeof value !== 'number') {
      throw new MlInputError('VALUE_NOT_NUMERIC', `row ${i} of a numeric column is ${JSON.stringify(value)}`);
    } else if (Number.isFinite(value)) kept[size++] = value;
  }
  return { finite: kept.subarray(0, size), missing, infinite: values.length - size - missing };
}

/** Counts by category, and missing rows. */
export function countCategories(values: ColumnValues): { counts: Map<string, number>; missing: number } {
  const counts = new Map<string, number>();
  let missing = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? null;
    if (value === null || Number.isNaN(value)) {
      missing++;
      continue;
    }
    const category = String(value);
    counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  return { counts, missing };
}

function kindOf(values: ColumnValues): 'numeric' | 'categorical' {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? null;
    if (value !== null) return typeof value === 'number' ? 'numeric' : 'categorical';
  }
  return 'numeric';
}

function numericProfile(
  cells: ValueCells,
  facts: Pick<NumericProfile, 'least' | 'largest' | 'missing' | 'infinite' | 'maxCells'>,
): NumericProfile {
  let rows = 0;
  for (const count of cells.counts) rows += count;
  return {
    kind: 'numeric',
    version: 1,
    rows,
    ...facts,
    level: cells.level,
    values: Array.from(cells.values),
    counts: Array.from(cells.counts),
  };
}

function rangeOf(values: Float64Array): { least: number | null; largest: number | null } {
  let least = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  // Adding zero turns -0 into 0: which of the two stood first must not matter.
  return values.length === 0 ? { least: null, largest: null } : { least: least + 0, largest: largest + 0 };
}

function extreme(
  choose: (one: number, other: number) => number,
  one: number | null,
  other: number | null,
): number | null {
  if (one === null) return other;
  return other === null ? one : choose(one, other);
}

function categoricalProfile(values: ColumnValues): CategoricalProfile {
  const { counts, missing } = countCategories(values);
  return sortedCategories(counts, missing);
}

function mergeCategorical(a: CategoricalProfile, b: CategoricalProfile): CategoricalProfile {
  const counts = new Map<string, number>();
  for (const profile of [a, b]) {
    for (const [i, category] of profile.categories.entries()) {
      counts.set(category, (counts.get(category) ?? 0) + (profile.counts[i] ?? 0));
    }
  }
  return sortedCategories(counts, a.missing + b.missing);
}

function sortedCategories(counts: Map<string, number>, missing: number): CategoricalProfile {
  const categories = [...counts.keys()].sort();
  const sortedCounts = categories.map((category) => counts.get(category) ?? 0);
  let rows = 0;
  for (const count of sortedCounts) rows += count;
  return { kind: 'categorical', version: 1, rows, missing, categories, counts: sortedCounts };
}
