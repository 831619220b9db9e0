import type { FilterCondition, FilterOrder } from '@esteira/contracts';
import type { ModelMetric } from '../model-metric-store.ts';

/** `pending` until its files are there, then `ready`, or `failed` when they could not be brought. */
export type LoggedModelStatus = 'pending' | 'ready' | 'failed' | 'unspecified';

/** A model that was made in an experiment, with its files: what may be registered later. */
export interface LoggedModel {
  /** `m-` and 32 hexadecimal digits. */
  readonly id: string;
  readonly experimentId: string;
  readonly experimentNumber: number;
  readonly name: string;
  readonly type: string;
  /** The run that made it, as whoever logged it says. */
  readonly sourceRunId: string | null;
  readonly status: LoggedModelStatus;
  /** Where its files are said to lie. */
  readonly artifactLocation: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** With what hangs on it. */
export interface LoggedModelRecord extends LoggedModel {
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: readonly ModelMetric[];
}

export type LoggedModelAttribute =
  | 'id'
  | 'name'
  | 'type'
  | 'status'
  | 'sourceRunId'
  | 'experimentNumber'
  | 'createdAt'
  | 'updatedAt';

/** What a condition looks at. */
export type LoggedModelField =
  | { readonly kind: 'metric' | 'param' | 'tag'; readonly name: string }
  | { readonly kind: 'attribute'; readonly name: LoggedModelAttribute };

export type LoggedModelCondition = FilterCondition<LoggedModelField>;

/** A data set that metrics were measured on; of any content unless a digest is given. */
export interface MeasuredOn {
  readonly name?: string | undefined;
  readonly digest?: string | undefined;
}

export type LoggedModelOrder = FilterOrder<
  | { readonly kind: 'metric'; readonly name: string; readonly on: MeasuredOn }
  | { readonly kind: 'attribute'; readonly name: LoggedModelAttribute }
>;

export interface LoggedModelSearch {
  /** All of the workspace where it is undefined. */
  readonly experimentIds: readonly string[] | undefined;
  readonly conditions: readonly LoggedModelCondition[];
  /** Conditions on metrics count on these data sets alone; without such conditions, models measured on one of them. */
  readonly datasets: readonly MeasuredOn[];
  /** The newest first unless there is one. */
  readonly orders: readonly LoggedModelOrder[];
  readonly limit: number;
  readonly cursor?: string | undefined;
}
