import type { DatasetInput, RunHead } from './run.ts';
import type { RunModels } from './run-model-store.ts';

/**
 * What is kept of a run beside its head, its files and the histories of its metrics. Entries are the text of a JSON list in the
 * order of their names: a page of runs has ten thousand of them, which are printed where they lie.
 */
export interface RunDetails {
  readonly params: string;
  readonly tags: string;
  /** The latest points. */
  readonly metrics: string;
  readonly datasets: readonly DatasetInput[];
  readonly models: RunModels;
}

/** All that is kept of a run but its files and the histories of its metrics. */
export interface RunRecord extends RunHead, RunDetails {}
