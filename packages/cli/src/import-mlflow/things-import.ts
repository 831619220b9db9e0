import type { EsteiraClient } from '@esteira/sdk';
import type { MlflowRest } from './mlflow-rest.ts';
import type { MlflowSource } from './mlflow-source.ts';
import type { Tally } from './tally.ts';

export interface ImportProgress {
  readonly step: string;
  readonly done: number;
}

/** Esteira by its own API, and by the protocol of MLflow. */
export interface ImportTarget {
  readonly client: EsteiraClient;
  readonly rest: MlflowRest;
}

/** What one kind of thing is imported with. */
export interface ThingsImport {
  readonly source: MlflowSource;
  /** Undefined when everything is counted only. */
  readonly target: ImportTarget | undefined;
  readonly tally: Tally;
  /** Experiments as they are in Esteira, by their ids in MLflow. */
  readonly experiments: ReadonlyMap<
    string,
    { readonly id: string; readonly number: number; readonly deleted: boolean }
  >;
  readonly problems: string[];
  /** Of files: how many the source has, and how many of them are here with the same digest. */
  readonly digests: { files: number; equal: number };
  readonly onProgress: (progress: ImportProgress) => void;
}
