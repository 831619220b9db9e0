import { createKeptBySize } from '../kernel/kept-by-size.ts';
import type { Page, PageRequest } from '../kernel/paging.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { Experiment } from './experiment.ts';
import { experimentRevision } from './experiment-revision.ts';
import { type ExperimentRecord, type ExperimentSearch, searchExperiments } from './experiment-search.ts';
import { findExperiment, findExperimentsByNumber } from './experiment-store.ts';
import { tagsOfExperiment } from './experiment-tag-store.ts';
import type { LatestValues } from './latest-values.ts';
import {
  type PrintedHistories,
  pageOfHistory,
  pointsOfRuns,
  printedHistory,
  type RunPoint,
  sampledPoints,
} from './metric-history-pages.ts';
import type { EntryKeys } from './metric-points.ts';
import type { SeriesPoint } from './metric-thinning.ts';
import { type ModelMetric, metricsOfModels } from './model-metric-store.ts';
import type { RunHead } from './run.ts';
import { type DatasetUse, usesOfDatasets } from './run-dataset-store.ts';
import type { RunRecord } from './run-record.ts';
import { createRunRecordCache } from './run-record-cache.ts';
import { readRun, searchRunRecords } from './run-record-store.ts';
import type { RunSearch } from './run-search.ts';
import { findRunHead } from './run-store.ts';
import { type RunView, showRun } from './run-views.ts';

type ExperimentKey = { readonly id: string } | { readonly name: string } | { readonly number: number };

/** What other rooms may ask. */
export interface TrackingReader {
  find(workspace: string, runId: string): Promise<RunHead | undefined>;
  /** With parameters, latest metrics, tags, inputs, outputs and children. Throws RUN_NOT_FOUND. */
  show(workspace: string, runId: string): Promise<RunView>;
  /** With everything but its files and histories. Throws RUN_NOT_FOUND. */
  record(workspace: string, runId: string, keys: EntryKeys): Promise<RunRecord>;
  /** Throws INVALID_REQUEST for a cursor of another search. */
  searchRuns(workspace: string, search: RunSearch, keys: EntryKeys): Promise<Page<RunRecord>>;
  experiment(workspace: string, key: ExperimentKey): Promise<Experiment | undefined>;
  experimentsByNumber(workspace: string, numbers: readonly number[]): Promise<readonly Experiment[]>;
  /** Throws INVALID_REQUEST for a cursor of another search. */
  searchExperiments(
    workspace: string,
    search: ExperimentSearch,
    keys: EntryKeys,
  ): Promise<Page<ExperimentRecord>>;
  /** As the function of this name has it. */
  experimentRevision(workspace: string): Promise<string>;
  /** As `ExperimentRecord` has them. */
  tagsOfExperiment(id: string, keys: EntryKeys): Promise<string>;
  /** In the order of step, time and value. Throws RUN_NOT_FOUND, INVALID_REQUEST. */
  history(workspace: string, runId: string, name: string, page: PageRequest): Promise<Page<SeriesPoint>>;
  /** The same, or all points as the text of a JSON list. */
  printedHistory(
    workspace: string,
    runId: string,
    name: string,
    page: PageRequest,
    keys: EntryKeys,
  ): Promise<Page<SeriesPoint> | { readonly list: string }>;
  /** By run, then in the order of time; at most `limit` of them all. */
  histories(
    workspace: string,
    runIds: readonly string[],
    name: string,
    limit: number,
  ): Promise<readonly RunPoint[]>;
  /** Evenly spaced, at most `most` of each run. Throws RUN_NOT_FOUND. */
  sampledHistories(
    workspace: string,
    runIds: readonly string[],
    name: string,
    options: { readonly most: number; readonly from?: number | undefined; readonly to?: number | undefined },
  ): Promise<readonly RunPoint[]>;
  usesOfDatasets(experimentIds: readonly string[], limit: number): Promise<readonly DatasetUse[]>;
  /** What runs measured of at most 1000 logged models, whose workspace the caller has looked at. */
  metricsOfModels(modelIds: readonly string[]): Promise<readonly ModelMetric[]>;
}

// Some five thousand runs of a few entries each.
const mostCharacters = 8_000_000;
// A handful of the longest that are printed at once.
const mostOfHistories = 6_000_000;
const mostOfHistory = 2_500_000;

export function createTrackingReader(sql: SqlReader, latest: LatestValues): TrackingReader {
  const records = createRunRecordCache({ mostCharacters });
  const histories: PrintedHistories = createKeptBySize({ most: mostOfHistories, mostOfOne: mostOfHistory });
  return {
    find: (workspace, runId) => findRunHead(sql, workspace, runId),
    async show(workspace, runId) {
      await latest.settle();
      return showRun(sql, workspace, runId);
    },
    async record(workspace, runId, keys) {
      await latest.settle();
      return readRun(sql, workspace, runId, keys);
    },
    async searchRuns(workspace, search, keys) {
      await latest.settle();
      return searchRunRecords(sql, workspace, search, keys, records);
    },
    experiment: (workspace, key) => findExperiment(sql, workspace, key),
    experimentsByNumber: (workspace, numbers) => findExperimentsByNumber(sql, workspace, numbers),
    searchExperiments: (workspace, search, keys) => searchExperiments(sql, workspace, search, keys),
    experimentRevision: (workspace) => experimentRevision(sql, workspace),
    tagsOfExperiment: (id, keys) => tagsOfExperiment(sql, id, keys),
    history: (workspace, runId, name, page) => pageOfHistory(sql, workspace, runId, name, page),
    printedHistory: (workspace, runId, name, page, keys) =>
      printedHistory(sql, workspace, runId, name, page, keys, histories),
    histories: (workspace, runIds, name, limit) => pointsOfRuns(sql, workspace, runIds, name, limit),
    sampledHistories: (workspace, runIds, name, options) =>
      sampledPoints(sql, workspace, runIds, name, options),
    usesOfDatasets: (experimentIds, limit) => usesOfDatasets(sql, experimentIds, limit),
    metricsOfModels: (modelIds) => metricsOfModels(sql, modelIds),
  };
}
