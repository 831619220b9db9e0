import type {
  ImportedEvaluationDataset,
  ImportedEvaluationRecord,
  ImportedExperiment,
  ImportedIssue,
  ImportedLoggedModel,
  ImportedModel,
  ImportedRun,
  ImportedScorerVersion,
  ImportedSeries,
  ImportedVersion,
  ImportedWebhook,
} from '@esteira/contracts';
import type { TraceMessage } from './trace-messages.ts';

/** What files are kept with in MLflow, and where it says they lie. */
export interface SourceOwner {
  readonly kind: 'run' | 'logged-model' | 'trace';
  readonly id: string;
  readonly location: string;
}

export interface SourceExperiment extends ImportedExperiment {
  /** Its id in MLflow. */
  readonly key: string;
}

export interface SourceRun extends Omit<ImportedRun, 'experimentId'> {
  /** Id of its experiment in MLflow. */
  readonly experimentKey: string;
  readonly location: string;
  readonly deleted: boolean;
  /** The latest point of each metric. */
  readonly metrics: readonly LatestPoint[];
}

interface LatestPoint {
  readonly name: string;
  readonly latest: NonNullable<ImportedSeries['latest']>;
}

export interface SourceLoggedModel extends Omit<ImportedLoggedModel, 'experimentId'> {
  readonly experimentKey: string;
  readonly location: string;
}

/** A registered model with all its versions. `resolved` is where the files of a version are, if that is said. */
export interface SourceModel extends ImportedModel {
  readonly versions: readonly (Omit<ImportedVersion, 'folder' | 'loggedModelId'> & {
    readonly resolved: string | undefined;
  })[];
}

export interface SourceEvaluationDataset extends Omit<ImportedEvaluationDataset, 'experiments'> {
  /** Ids of its experiments in MLflow. */
  readonly experimentKeys: readonly string[];
}

export type SourceEvaluationRecord = Omit<ImportedEvaluationRecord, 'datasetId'>;

export type SourceScorerVersion = Omit<ImportedScorerVersion, 'experimentId'>;

/** Oldest version first. */
export interface SourceScorer {
  readonly experimentKey: string;
  readonly versions: readonly SourceScorerVersion[];
}

export interface SourceIssue extends Omit<ImportedIssue, 'experimentId'> {
  /** Id of its experiment in MLflow. */
  readonly experimentKey: string;
}

export interface SourceWebhook extends Omit<ImportedWebhook, 'events'> {
  /** As MLflow calls them: `registered_model.created`. */
  readonly events: readonly string[];
}

export interface SourceFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** An MLflow that is read, whatever the way. Every method throws CommandError when it cannot be read. */
export interface MlflowSource {
  experiments(): Promise<readonly SourceExperiment[]>;
  /** A few hundred at once, deleted ones too. */
  runs(experiments: readonly SourceExperiment[]): AsyncIterable<readonly SourceRun[]>;
  /** How many points each run has; absent where only reading them tells. */
  countPoints?(runs: readonly SourceRun[]): Promise<ReadonlyMap<string, number>>;
  /** All points of the runs, some thousand at once. */
  points(runs: readonly SourceRun[]): AsyncIterable<ImportedSeries>;
  loggedModels(experiments: readonly SourceExperiment[]): AsyncIterable<readonly SourceLoggedModel[]>;
  models(): AsyncIterable<SourceModel>;
  /** Traces of an experiment, by its id in MLflow, with their spans. */
  traces(experimentKey: string): AsyncIterable<readonly TraceMessage[]>;
  /** Which traces were linked to a run that they were not made in; absent where nothing tells. */
  traceLinks?(): AsyncIterable<{ readonly runId: string; readonly traceIds: readonly string[] }>;
  evaluationDatasets(): AsyncIterable<SourceEvaluationDataset>;
  /** The records of a data set in their order, a page at a time. */
  evaluationRecords(datasetId: string): AsyncIterable<readonly SourceEvaluationRecord[]>;
  /** All versions of one scorer after the other, of experiments by their ids in MLflow. */
  scorers(experimentKeys: readonly string[]): AsyncIterable<SourceScorer>;
  /** All of them, a page at a time. */
  issues(): AsyncIterable<readonly SourceIssue[]>;
  /** Without their secrets, which nothing tells. */
  webhooks(): AsyncIterable<SourceWebhook>;
  files(owner: SourceOwner): AsyncIterable<SourceFile>;
  read(owner: SourceOwner, path: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
