import type { Reference, RunSource, RunStatus } from '@esteira/contracts';
import type { MetricPoint } from './metric-value.ts';

/** One execution that is worth remembering: what it was given, what it read, what it measured, what it made. */
export interface RunHead {
  readonly id: string;
  readonly experimentId: string;
  readonly experiment: string;
  readonly project?: string;
  readonly name: string;
  readonly parentRunId?: string;
  readonly status: RunStatus;
  readonly source: RunSource;
  readonly note: string;
  readonly createdBy: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
  readonly deletedAt?: number;
}

/** A run with what was logged; metrics are the latest points. */
export interface Run extends RunHead {
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, MetricPoint>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** A thing a run read or made, by reference. */
export interface RunReference {
  readonly reference: Reference;
  /** What it was for; empty when it needs no words. */
  readonly role: string;
}

/** What one log call writes, all or nothing. */
export interface RunBatch {
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** `at` is the time of arrival unless given. */
  readonly metrics?: readonly {
    readonly name: string;
    readonly value: number;
    readonly step?: number;
    readonly at?: number;
  }[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly inputs?: readonly RunReference[];
  readonly outputs?: readonly RunReference[];
}

/** Whether nothing more is expected of a run in this status. */
export function isFinished(status: RunStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}
