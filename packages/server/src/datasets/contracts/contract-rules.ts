import type { Threshold } from './threshold.ts';

export type LogicalType =
  | 'string'
  | 'date'
  | 'timestamp'
  | 'time'
  | 'number'
  | 'integer'
  | 'object'
  | 'array'
  | 'boolean';

type Scalar = string | number | boolean | null;

/** What must hold for a row. Null passes everything but `present`: absence is judged by its own rule. */
export type RowRule =
  | { readonly kind: 'type'; readonly column: string; readonly logicalType: LogicalType }
  | { readonly kind: 'present'; readonly column: string }
  | { readonly kind: 'not-missing'; readonly column: string; readonly values: readonly Scalar[] }
  | { readonly kind: 'one-of'; readonly column: string; readonly values: readonly Scalar[] }
  | { readonly kind: 'pattern'; readonly column: string; readonly pattern: string }
  | { readonly kind: 'format'; readonly column: string; readonly format: string }
  | {
      readonly kind: 'bound';
      readonly column: string;
      readonly bound: 'minimum' | 'maximum' | 'exclusiveMinimum' | 'exclusiveMaximum';
      readonly limit: number | string;
    }
  | {
      readonly kind: 'length';
      readonly column: string;
      readonly bound: 'min' | 'max';
      readonly limit: number;
    }
  | { readonly kind: 'multiple-of'; readonly column: string; readonly of: number }
  | { readonly kind: 'unique-items'; readonly column: string }
  | { readonly kind: 'expression'; readonly expression: string };

export const statistics = ['mean', 'stddev', 'min', 'max', 'sum', 'quantile', 'distinctValues'] as const;
type Statistic = (typeof statistics)[number];

/** What a check measures. */
export type Measure =
  | { readonly kind: 'column-missing'; readonly column: string }
  | { readonly kind: 'unexpected-columns'; readonly columns: readonly string[] }
  | { readonly kind: 'failing-rows'; readonly rule: RowRule }
  | { readonly kind: 'duplicates'; readonly columns: readonly string[] }
  | { readonly kind: 'row-count' }
  | {
      readonly kind: 'statistic';
      readonly statistic: Statistic;
      readonly column: string;
      readonly probability?: number;
    }
  | { readonly kind: 'query'; readonly query: string }
  /** Population stability index of a column against another version of the dataset. */
  | {
      readonly kind: 'psi';
      readonly column: string;
      readonly reference: number | 'previous';
      readonly bins: number;
    };

export type CheckGroup =
  | 'schema'
  | 'missing'
  | 'distribution'
  | 'validity'
  | 'uniqueness'
  | 'volume'
  | 'query';

/** One check: a measured value that must be accepted by a threshold. */
export interface Check {
  /** Unique in the contract and stable: the rule's ODCS id, else made of column and rule. */
  readonly id: string;
  readonly title: string;
  /** Place in the document. */
  readonly path: string;
  readonly column: string | undefined;
  readonly group: CheckGroup;
  readonly severity: 'error' | 'warning' | 'info';
  readonly measure: Measure;
  /** `percent` divides the measured rows by all rows. */
  readonly unit: 'rows' | 'percent' | 'value';
  readonly threshold: Threshold;
}

/** A contract as plain rules for one table. */
export interface ContractRules {
  /** Name of the schema object the rules were taken from. */
  readonly object: string;
  readonly columns: readonly string[];
  readonly checks: readonly Check[];
  /** Rules of type `text`: for people, not checked. */
  readonly documented: readonly string[];
}

/** Something found while a contract was read. A contract with an `error` cannot be saved. */
export interface ContractFinding {
  readonly level: 'error' | 'note';
  readonly path: string;
  readonly message: string;
}
