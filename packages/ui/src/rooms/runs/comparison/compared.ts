import type { Answer } from '../../../api/answers.ts';

export type Comparison = Answer<'tracking', 'compareRuns'>;

/** A file with its digest in each run; null where a run does not have it. */
export type ComparedFile = Comparison['artifacts'][number];

/** What runs can be set against each other by: a parameter or a metric, with one value for each run. */
export interface ComparedColumn {
  readonly key: string;
  readonly name: string;
  readonly values: readonly (number | string | null)[];
  readonly isNumeric: boolean;
}

/**
 * The columns in which the runs differ, parameters first. Parameters are text; those that are numbers in every run count as
 * numbers. NaN and the infinities stand nowhere on an axis.
 */
export function comparedColumns({ params, metrics }: Comparison): readonly ComparedColumn[] {
  const columns = [
    ...params
      .filter(({ differs }) => differs)
      .map(({ name, values }) => toColumn(`params.${name}`, name, asNumbers(values) ?? values)),
    ...metrics
      .filter(({ differs }) => differs)
      .map(({ name, values }) =>
        toColumn(
          `metrics.${name}`,
          name,
          values.map((value) => (typeof value === 'number' ? value : null)),
        ),
      ),
  ];
  return columns.filter(({ values }) => values.some((value) => value !== null));
}

/** Cells of a table that are drawn at once: where a hundred runs are compared, each row has as many. */
const cellsAtOnce = 2_000;
const fewestRows = 20;

/** Rows that a table with a column for each run shows at once. */
export function rowsAtOnce(runs: number): number {
  return Math.max(fewestRows, Math.floor(cellsAtOnce / Math.max(1, runs)));
}

function toColumn(key: string, name: string, values: readonly (number | string | null)[]): ComparedColumn {
  return {
    key,
    name,
    values,
    isNumeric: values.every((value) => value === null || typeof value === 'number'),
  };
}

function asNumbers(values: readonly (string | null)[]): readonly (number | null)[] | undefined {
  const numbers = values.map((value) => (value === null ? null : Number(value === '' ? 'none' : value)));
  return numbers.every((value) => value === null || Number.isFinite(value)) ? numbers : undefined;
}
