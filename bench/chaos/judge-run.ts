import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlDatabase } from '../../packages/server/src/storage/sql/sql-database.ts';
import type { ChaosTables } from './chaos-tables.ts';

/** What must hold at the end; `found` is what was, in a few words. */
export interface Verdict {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
}

/** A job that a server had in hand when it was killed. */
export interface Orphan {
  readonly job: string;
  /** Until another process had it in hand, ms; undefined while none has. */
  resumedAfter: number | undefined;
}

interface JudgedTables extends ChaosTables {
  jobs: { id: string; kind: string; state: string; dedupe_key: string | null; created_at: number };
  events: { id: string; type: string; payload: string; position: number };
  audit_entries: { id: string; action: string; subject_id: string; leaf_index: number | null };
}

const longestResumeMs = 20_000;

export async function judgeRun(
  database: SqlDatabase,
  run: {
    readonly jobs: readonly string[];
    readonly orphans: readonly Orphan[];
    readonly url: string;
    readonly token: string;
  },
): Promise<readonly Verdict[]> {
  const wanted = new Set(run.jobs);
  return [
    await judgeStates(database, wanted),
    await judgeOnce('every job counted exactly once', wanted, await effects(database)),
    await judgeTotal(database, wanted.size),
    await judgeOnce('every end of a job announced exactly once', wanted, await finished(database)),
    await judgeOrder(database, wanted),
    await judgeOnce('every count in the audit log exactly once', wanted, await audited(database)),
    await judgeAudit(database, run),
    await judgeSchedule(database),
    judgeResumes(run.orphans),
  ];
}

async function judgeStates(database: SqlDatabase, wanted: ReadonlySet<string>): Promise<Verdict> {
  const rows = await database
    .query<JudgedTables>()
    .selectFrom('jobs')
    .select(['id', 'state'])
    .where('kind', '=', 'chaos.count')
    .execute();
  const succeeded = rows.filter(({ id, state }) => wanted.has(id) && state === 'succeeded').length;
  const others = rows.filter(({ state }) => state !== 'succeeded').map(({ state }) => state);
  return {
    what: 'no job lost, every one succeeded',
    ok: succeeded === wanted.size && rows.length === wanted.size,
    found: `${succeeded} of ${wanted.size}${others.length === 0 ? '' : `; ${others.join(', ')}`}`,
  };
}

async function judgeOnce(
  what: string,
  wanted: ReadonlySet<string>,
  found: readonly string[],
): Promise<Verdict> {
  const counts = new Map<string, number>();
  for (const id of found) counts.set(id, (counts.get(id) ?? 0) + 1);
  const missing = [...wanted].filter((id) => !counts.has(id)).length;
  const repeated = [...counts.values()].filter((count) => count > 1).length;
  return {
    what,
    ok: missing === 0 && repeated === 0 && found.length === wanted.size,
    found: `${counts.size} of ${wanted.size}, ${missing} missing, ${repeated} repeated`,
  };
}

async function effects(database: SqlDatabase): Promise<string[]> {
  const rows = await database.query<JudgedTables>().selectFrom('chaos_effects').select('job').execute();
  return rows.map(({ job }) => job);
}

async function finished(database: SqlDatabase): Promise<string[]> {
  return (await finishedEvents(database)).map(({ job }) => job);
}

async function finishedEvents(database: SqlDatabase): Promise<{ id: string; job: string }[]> {
  const rows = await database
    .query<JudgedTables>()
    .selectFrom('events')
    .select(['id', 'payload'])
    .where('type', '=', 'job.finished')
    .orderBy('position')
    .execute();
  return rows.flatMap(({ id, payload }) => {
    const { jobId, kind } = JSON.parse(payload) as { jobId: string; kind: string };
    return kind === 'chaos.count' ? [{ id, job: jobId }] : [];
  });
}

async function audited(database: SqlDatabase): Promise<string[]> {
  const rows = await database
    .query<JudgedTables>()
    .selectFrom('audit_entries')
    .select('subject_id')
    .where('action', '=', 'chaos.counted')
    .execute();
  return rows.map((row) => row.subject_id);
}

async function judgeTotal(database: SqlDatabase, wanted: number): Promise<Verdict> {
  const { total } = await database
    .query<JudgedTables>()
    .selectFrom('chaos_counter')
    .select('total')
    .executeTakeFirstOrThrow();
  return { what: 'the counter that all raise', ok: total === wanted, found: `${total} of ${wanted}` };
}

/** At least once, and the first time in the order of the events. */
async function judgeOrder(database: SqlDatabase, wanted: ReadonlySet<string>): Promise<Verdict> {
  const inOrder = (await finishedEvents(database)).map(({ id }) => id);
  let told: string[] = [];
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(200)) {
    const rows = await database
      .query<JudgedTables>()
      .selectFrom('chaos_told')
      .select('event')
      .orderBy('position')
      .execute();
    told = rows.map(({ event }) => event);
    if (new Set(told).size >= wanted.size) break;
  }
  const places = new Map(inOrder.map((id, place) => [id, place]));
  let last = -1;
  let misplaced = 0;
  const seen = new Set<string>();
  for (const id of told) {
    if (seen.has(id)) continue;
    seen.add(id);
    const place = places.get(id) ?? -1;
    if (place < last) misplaced++;
    last = Math.max(last, place);
  }
  return {
    what: 'every event told at least once, in order',
    ok: seen.size === wanted.size && misplaced === 0,
    found: `${seen.size} of ${wanted.size}, ${told.length - seen.size} told again, ${misplaced} out of order`,
  };
}

async function judgeAudit(
  database: SqlDatabase,
  { url, token }: { url: string; token: string },
): Promise<Verdict> {
  const what = 'the audit log is sealed and verifies';
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await sleep(100)) {
    const open = await database
      .query<JudgedTables>()
      .selectFrom('audit_entries')
      .select('id')
      .where('leaf_index', 'is', null)
      .limit(1)
      .executeTakeFirst();
    if (open === undefined) break;
  }
  const answer = await fetch(`${url}/api/v1/audit/verify`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const verification = (await answer.json()) as { ok?: boolean; size?: number; unsealed?: number };
  return {
    what,
    ok: verification.ok === true && (verification.unsealed ?? 0) === 0,
    found: JSON.stringify(verification),
  };
}

async function judgeSchedule(database: SqlDatabase): Promise<Verdict> {
  const enqueued = await database
    .query<JudgedTables>()
    .selectFrom('jobs')
    .select('dedupe_key')
    .where('kind', '=', 'chaos.tick')
    .execute();
  const ran = await database.query<JudgedTables>().selectFrom('chaos_ticks').select('key').execute();
  const times = new Set(enqueued.map((row) => row.dedupe_key));
  return {
    what: 'each time of the schedule has one job',
    ok: times.size === enqueued.length && enqueued.length > 0,
    found: `${enqueued.length} jobs for ${times.size} times, ${ran.length} runs of them`,
  };
}

function judgeResumes(orphans: readonly Orphan[]): Verdict {
  const times = orphans.map(({ resumedAfter }) => resumedAfter ?? Number.POSITIVE_INFINITY);
  times.sort((a, b) => a - b);
  const seconds = (ms: number | undefined) => `${((ms ?? 0) / 1000).toFixed(1)} s`;
  return {
    what: 'jobs of killed servers go on in less than 20 s',
    ok: times.every((time) => time < longestResumeMs),
    found: `${times.length} jobs, median ${seconds(times[Math.floor(times.length / 2)])}, longest ${seconds(times.at(-1))}`,
  };
}
