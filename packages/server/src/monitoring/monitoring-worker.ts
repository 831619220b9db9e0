import type { DriftThresholds, PerformanceMetric } from '@esteira/contracts';
import { serveComputeWorker } from '../kernel/serve-compute-worker.ts';
import { type ProfileSettings, profileReference, type ReferenceRows } from './reference/profile-reference.ts';
import { type ScoreRequest, scoreReference } from './reference/score-reference.ts';
import { judgeColumns, type WindowColumn } from './windows/judge-columns.ts';
import {
  estimatePerformance,
  type LabelledScores,
  measurePerformance,
} from './windows/measure-performance.ts';

export interface ProfileTask {
  readonly rows: ReferenceRows;
  readonly settings: ProfileSettings;
}

export interface ScoreProfileTask {
  readonly request: ScoreRequest;
  readonly times: Float64Array | null;
  readonly settings: ProfileSettings;
}

export interface ColumnsTask {
  /** JSON of a profiled reference: parsed here, off the event loop. */
  readonly reference: string;
  readonly columns: readonly WindowColumn[];
  readonly thresholds: DriftThresholds;
}

export interface PerformanceTask {
  readonly metric: PerformanceMetric;
  readonly threshold: number;
  readonly labelled: LabelledScores;
  /** Scores of all rows, for the estimate. */
  readonly scores: Float64Array;
}

serveComputeWorker({
  profile(input) {
    const { rows, settings } = input as ProfileTask;
    const profiled = profileReference(rows, settings);
    return { result: { json: JSON.stringify(profiled), rows: profiled.rows, chunks: profiled.chunks } };
  },
  profileScores(input) {
    const { request, times, settings } = input as ScoreProfileTask;
    const score = scoreReference(request);
    const rows = { numeric: new Map([['score', score]]), text: new Map(), times };
    const profiled = profileReference(rows, settings);
    return { result: { json: JSON.stringify(profiled), rows: profiled.rows, chunks: profiled.chunks } };
  },
  judgeColumns(input) {
    const { reference, columns, thresholds } = input as ColumnsTask;
    return { result: judgeColumns(JSON.parse(reference), columns, thresholds) };
  },
  performance(input) {
    const { metric, threshold, labelled, scores } = input as PerformanceTask;
    const measured = measurePerformance(metric, labelled, threshold);
    return { result: { ...measured, estimated: estimatePerformance(metric, scores, threshold) } };
  },
});
