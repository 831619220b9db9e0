import type { Reference, RunSource, RunStatus } from '@esteira/contracts';
import type { MetricPoint } from './metric-value.ts';

/** One execution that is worth remembering: what it was given, what it read, what it measured, what it made. */
export interface RunHead {
  readonly id: string;
  readonly experimentId: string;
  readonly experiment: string;
  readonly experimentNumber: number;
  /** Whether its experiment is deleted, which hides it too. */
  readonly experimentDeleted: boolean;
  readonly artifactLocation: string;
  readonly project?: string;
  readonly name: string;
  readonly parentRunId?: string;
  readonly status: RunStatus;
  readonly source: RunSource;
  readonly note: string;
  readonly createdBy: string;
  /** Who made it, by the word of the client. */
  readonly userName?: string;
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

/** A data set a run read that lies outside, as the run's client described it. */
interface LoggedDataset {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
}

export interface DatasetInput {
  readonly dataset: LoggedDataset;
  /** What it was for: `training`, `evaluation`. */
  readonly context?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A logged model that a run read or made, by id. */
export interface RunModel {
  readonly modelId: string;
  readonly step: number;
}

/** What one log call writes, all or nothing. */
export interface RunBatch {
  /** Other words for the run itself. */
  readonly name?: string;
  readonly note?: string;
  readonly parentRunId?: string;
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** `at` is the time of arrival unless given. */
  readonly metrics?: readonly {
    readonly name: string;
    readonly value: number;
    readonly step?: number;
    readonly at?: number;
    /** The logged model, and the data set, that were measured. */
    readonly modelId?: string;
    readonly datasetName?: string;
    readonly datasetDigest?: string;
  }[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly inputs?: readonly RunReference[];
  readonly outputs?: readonly RunReference[];
  readonly datasets?: readonly DatasetInput[];
  readonly modelInputs?: readonly RunModel[];
  readonly modelOutputs?: readonly RunModel[];
}

/** Whether nothing more is expected of a run in this status. */
export function isFinished(status: RunStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}
