import { setTimeout as pause } from 'node:timers/promises';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { LatestValues } from './latest-values.ts';
import { sortJournal } from './metric-journal.ts';
import type { MetricSeries } from './metric-series.ts';

/** Sorts the journal now and then. */
export interface MetricSorter {
  /** Told of points that were put into the journal. */
  wrote(points: number): void;
}

/** Who reads latest values past `LatestValues.settle` is this much behind. */
const behindMs = 1_000;
const quietMs = 2_000;
const leftBehindMs = 90_000;
const longestMs = 20_000;
// Many at once lie together on the pages of their series; few that wait are soon found among them.
const pointsToSort = 200_000;
// So much that those who write have to wait for it.
const tooMany = 1_000_000;

/**
 * Points are sorted into their series when nobody has written for a moment, after a while in any case, or when many wait. It
 * gives way to those who write and read: half of the time is theirs.
 */
export function createMetricSorter(deps: {
  readonly sql: SqlDatabase;
  readonly series: MetricSeries;
  readonly latest: LatestValues;
}): MetricSorter {
  let unsorted = 0;
  let sorting = false;
  let behind = false;
  let quiet: NodeJS.Timeout | undefined;
  let longest: NodeJS.Timeout | undefined;

  async function sort(): Promise<void> {
    if (sorting) return;
    sorting = true;
    clearTimeout(quiet);
    clearTimeout(longest);
    quiet = undefined;
    longest = undefined;
    unsorted = 0;
    // What is not sorted in waits for the next time; the database may be away, or closed.
    await sortJournal({ ...deps, settle: deps.latest.settle }, giveWay).catch(() => undefined);
    sorting = false;
    if (unsorted > 0) sortLater();
  }

  function settle(): void {
    behind = false;
    // The next time, or the next reader, does it.
    deps.latest.settle().catch(() => undefined);
  }

  async function giveWay(tookMs: number): Promise<void> {
    if (unsorted > tooMany) await new Promise((resolve) => setImmediate(resolve));
    else await pause(tookMs, undefined, { ref: false });
  }

  function sortLater(): void {
    quiet = quiet?.refresh() ?? setTimeout(() => void sort(), quietMs).unref();
    longest ??= setTimeout(() => void sort(), longestMs).unref();
  }

  // What a process before this one left, once it is sure to be dead.
  setTimeout(() => void sort(), leftBehindMs).unref();

  return {
    wrote(points) {
      unsorted += points;
      if (!behind) setTimeout(settle, behindMs).unref();
      behind = true;
      if (sorting) return;
      if (unsorted >= pointsToSort) void sort();
      else sortLater();
    },
  };
}
