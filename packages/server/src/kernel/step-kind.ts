import type { JsonValue, Reference } from '@esteira/contracts';
import type { z } from 'zod';
import type { RequestContext } from './actor.ts';

/**
 * One kind of pipeline step. It stands in the kernel so that every room can offer kinds without knowing the pipeline
 * engine; `compose.ts` hands them to it.
 */
export interface StepKind {
  /** `room.verb`: what a pipeline file writes after `uses:`. */
  readonly kind: string;
  /** Part of the cache key: raise it when the same inputs would give another output. */
  readonly version: string;
  readonly summary: string;
  readonly with: z.ZodObject;
  /** False for steps with effects that must happen every time. */
  readonly cacheable: boolean;
  /** Names of the outputs where they are always the same: pipeline files are checked against them; part of the cache key. */
  readonly outputs?: readonly string[];
  /** What the step reads that is not among its inputs (files that have landed): part of the cache key. */
  externalState?(context: RequestContext, withValues: unknown): Promise<JsonValue>;
  run(step: StepRun): Promise<StepOutputs>;
}

export type StepOutputs = Readonly<Record<string, Reference | JsonValue>>;

/** What a running step is given. A step is run at least once: its effects must be idempotent by pipeline run and step. */
export interface StepRun {
  readonly context: RequestContext;
  readonly project: string;
  readonly pipelineRunId: string;
  readonly step: string;
  readonly attempt: number;
  /** The tracking run of this step. */
  readonly runId: string;
  /** The step's `with` block, references resolved, parsed by the kind's schema. */
  readonly with: unknown;
  readonly signal: AbortSignal;
  progress(share: number, message: string): void;
  readonly log: RunLog;
}

/** Writes into the step's tracking run; calls are batched and flushed before the step ends. */
export interface RunLog {
  params(values: Readonly<Record<string, string | number | boolean>>): void;
  metrics(values: Readonly<Record<string, number>>, step?: number): void;
  tags(values: Readonly<Record<string, string>>): void;
}
