import type { SpooledPrediction } from '@esteira/contracts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { quoteLiteral } from '../../storage/tables/table-engine.ts';
import { findParts } from './part-store.ts';
import { emptyTable } from './prediction-columns.ts';

type LoggedArm = SpooledPrediction['a'];

/** Rows of the log as something to select from. */
export interface OpenPredictions {
  /** A subquery in parentheses, for the table engine. */
  readonly from: string;
  readonly files: readonly string[];
}

/** Which rows: by `time` in [from, to), by server time from `since` on, by arm. What is left out does not bound. */
export interface PredictionRange {
  readonly from?: number;
  readonly to?: number;
  readonly since?: number;
  readonly arms?: readonly LoggedArm[];
}

export interface OpenPredictionsDeps {
  readonly sql: SqlReader;
  readonly blobs: BlobStore;
}

const usersArms: readonly LoggedArm[] = ['primary', 'canary', 'shadow'];

/**
 * The logged rows of an endpoint; `time` is the event time where the request gave one, else the server's. Rows of the platform's
 * own questions (`probe`) and the ends of answers in pieces (`end`), which are no predictions, are left out unless asked for. A copy for a shadow has the prediction id of the answer it copies.
 */
export async function openPredictions(
  deps: OpenPredictionsDeps,
  workspace: string,
  endpoint: string,
  range: PredictionRange,
): Promise<OpenPredictions> {
  const from = range.from ?? Number.MIN_SAFE_INTEGER;
  const to = range.to ?? Number.MAX_SAFE_INTEGER;
  const since = range.since ?? 0;
  const files: string[] = [];
  for (const part of await findParts(deps.sql, workspace, endpoint, { from, to, since }))
    files.push(await deps.blobs.localFile(part.digest));
  if (files.length === 0) return { from: emptyTable(), files };
  const list = files.map(quoteLiteral).join(', ');
  const arms = (range.arms ?? usersArms).map(quoteLiteral).join(', ');
  const where = `"time" >= ${toInteger(from)} and "time" < ${toInteger(to)} and "at" >= ${toInteger(since)} and arm in (${arms})`;
  return { from: `(select * from read_parquet([${list}], union_by_name = true) where ${where})`, files };
}

function toInteger(value: number): string {
  return String(Math.trunc(Math.min(Number.MAX_SAFE_INTEGER, Math.max(Number.MIN_SAFE_INTEGER, value))));
}
