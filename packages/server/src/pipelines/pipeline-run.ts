import type { JsonValue, PipelineRunStatus, StepStatus } from '@esteira/contracts';
import type { CacheParts } from './cache-key.ts';

/** One execution of a version of a pipeline. */
export interface PipelineRun {
  readonly id: string;
  readonly workspace: string;
  readonly pipeline: string;
  readonly project: string;
  readonly specVersion: number;
  readonly specDigest: string;
  /** `manual`, or what started it: `retraining:<id>`. */
  readonly trigger: string;
  readonly parameters: Readonly<Record<string, JsonValue>>;
  /** No step looks for an earlier result. */
  readonly refresh: boolean;
  readonly status: PipelineRunStatus;
  readonly reason: string | undefined;
  readonly cancelRequested: boolean;
  /** How often it was taken up again. */
  readonly resumes: number;
  readonly trackingRunId: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}

/** A step of a run. */
export interface RunStep {
  readonly pipelineRunId: string;
  readonly step: string;
  readonly status: StepStatus;
  readonly reason: string | undefined;
  readonly error: StepError | undefined;
  /** Needs that have not ended. */
  readonly waiting: number;
  /** The `with` block with references resolved; undefined until the step is ready. */
  readonly inputs: JsonValue | undefined;
  readonly outputs: Readonly<Record<string, JsonValue>>;
  /** How often the step was put into the queue of jobs. */
  readonly attempt: number;
  /** Failed attempts since the run was started or resumed. */
  readonly failures: number;
  readonly jobId: string | undefined;
  readonly cacheKey: string | undefined;
  readonly cacheParts: CacheParts | undefined;
  readonly cacheVerdict: string | undefined;
  readonly cachedFrom: { readonly pipelineRunId: string; readonly step: string } | undefined;
  readonly trackingRunId: string | undefined;
  readonly cpuSeconds: number;
  readonly readyAt: number | undefined;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}

/** What an error of a step tells people. */
export interface StepError {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

/** Whether the step has given what its dependants may use. */
export function isDone(status: StepStatus): boolean {
  return status === 'succeeded' || status === 'cached' || status === 'skipped';
}

/** Whether the step will not change any more, unless the run is resumed. */
export function isEnded(status: StepStatus): boolean {
  return status !== 'queued' && status !== 'running';
}
