import { latencyBucketSql } from '@esteira/contracts';
import type { TableEngine, TableRow } from '../../storage/tables/table-engine.ts';
import type { SourceCount } from './intake-store.ts';
import type { TrafficCount } from './traffic-store.ts';

/** Rows that go into one file of the log. */
export interface LineGroup {
  readonly endpoint: string;
  /** Start of the hour of server time, ms. */
  readonly hour: number;
  /** The version whose signature orders their features. */
  readonly signatureOf: string | null;
  /** Bounds of `time`, both inclusive. */
  readonly timeMin: number;
  readonly timeMax: number;
}

/** What is kept of spooled lines beside the rows themselves. */
export interface LinesDigest {
  readonly groups: readonly LineGroup[];
  readonly counts: readonly SourceCount[];
  readonly traffic: readonly TrafficCount[];
}

const hourMs = 3_600_000;

/** Reads the table `lines` once; what it tells apart are a few hundred rows at most, which are added up here. */
export async function digestLines(session: Pick<TableEngine, 'query'>): Promise<LinesDigest> {
  const rows = await session.query(
    `select e, b, s, a, coalesce(m, '') as m, st, ("at" // 60000) * 60000 as minute, ${latencyBucketSql('l')} as bucket,
       count(*) as "rows", max(n) as highest, min("at") as first_at,
       min(coalesce(et, "at")) as time_min, max(coalesce(et, "at")) as time_max
     from lines group by 1, 2, 3, 4, 5, 6, 7, 8 order by e, minute, s`,
  );
  const groups = new Map<string, LineGroup>();
  const counts = new Map<string, SourceCount>();
  const traffic = new Map<string, TrafficCount>();
  for (const row of rows) {
    merge(groups, toGroup(row), ({ endpoint, hour, signatureOf }) => [endpoint, hour, signatureOf], addGroup);
    merge(counts, toCount(row), ({ endpoint, boot }) => [endpoint, boot], addSourceCount);
    // The end of an answer in pieces is no answer of its own.
    if (row.a === 'end') continue;
    merge(traffic, toTraffic(row), trafficKey, addTrafficCount);
  }
  return { groups: [...groups.values()], counts: [...counts.values()], traffic: [...traffic.values()] };
}

function merge<T>(
  into: Map<string, T>,
  value: T,
  keyOf: (value: T) => readonly unknown[],
  add: (left: T, right: T) => T,
): void {
  const key = JSON.stringify(keyOf(value));
  const known = into.get(key);
  into.set(key, known === undefined ? value : add(known, value));
}

function toGroup(row: TableRow): LineGroup {
  return {
    endpoint: String(row.e),
    hour: Math.floor(Number(row.minute) / hourMs) * hourMs,
    signatureOf: row.s === null ? null : String(row.s),
    timeMin: Number(row.time_min),
    timeMax: Number(row.time_max),
  };
}

function addGroup(left: LineGroup, right: LineGroup): LineGroup {
  return {
    ...left,
    timeMin: Math.min(left.timeMin, right.timeMin),
    timeMax: Math.max(left.timeMax, right.timeMax),
  };
}

function toCount(row: TableRow): SourceCount {
  return {
    endpoint: String(row.e),
    boot: String(row.b),
    rows: Number(row.rows),
    highest: Number(row.highest),
    firstAt: Number(row.first_at),
  };
}

function addSourceCount(left: SourceCount, right: SourceCount): SourceCount {
  return {
    ...left,
    rows: left.rows + right.rows,
    highest: Math.max(left.highest, right.highest),
    firstAt: Math.min(left.firstAt, right.firstAt),
  };
}

function toTraffic(row: TableRow): TrafficCount {
  return {
    endpoint: String(row.e),
    minute: Number(row.minute),
    arm: String(row.a),
    predictor: String(row.m),
    status: String(row.st),
    rows: Number(row.rows),
    latency: { [String(row.bucket)]: Number(row.rows) },
  };
}

function trafficKey({ endpoint, minute, arm, predictor, status }: TrafficCount): readonly unknown[] {
  return [endpoint, minute, arm, predictor, status];
}

function addTrafficCount(left: TrafficCount, right: TrafficCount): TrafficCount {
  const latency: Record<string, number> = { ...left.latency };
  for (const [bucket, rows] of Object.entries(right.latency)) latency[bucket] = (latency[bucket] ?? 0) + rows;
  return { ...left, rows: left.rows + right.rows, latency };
}
