import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ModelVersion } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import { openFilesystemBlobStore } from '../../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from '../../storage/events/event-bus.ts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { openDuckdbTableEngine } from '../../storage/tables/duckdb/duckdb-table-engine.ts';
import type { TableEngine } from '../../storage/tables/table-engine.ts';
import { createServingNews } from '../news.ts';
import { findAcknowledged, reconcile } from './intake-store.ts';
import { openPredictions } from './open-predictions.ts';
import { createPartCompaction, type PartCompaction } from './part-compaction.ts';
import { findParts } from './part-store.ts';
import { createPredictionAnnouncements } from './prediction-announcements.ts';
import { createPredictionIntake, type PredictionIntake } from './prediction-intake.ts';
import { searchPredictions } from './search-predictions.ts';
import { listTraffic } from './traffic-store.ts';
import { summarizeArms } from './traffic-views.ts';

const context: RequestContext = {
  workspace: 'ws_1',
  actor: {
    id: 'svc_1',
    kind: 'service',
    name: 'data plane',
    roles: ['data-plane'],
    permissions: new Set(['data-plane:sync']),
  },
  requestId: 'req_1',
};
const hour = Date.UTC(2026, 0, 5, 10);
const everything = { from: 0, to: Number.MAX_SAFE_INTEGER, since: 0 };

describe('the intake of predictions', () => {
  let directory = '';
  let sql: SqlDatabase;
  let blobs: BlobStore;
  let tables: TableEngine;
  let compaction: PartCompaction;
  let intake: PredictionIntake;

  before(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'intake-')));
    sql = await openTestDatabase();
    blobs = await openFilesystemBlobStore({ directory: join(directory, 'blobs'), random: systemRandom });
    tables = await openDuckdbTableEngine({
      directories: [join(directory, 'blobs')],
      temporaryDirectory: join(directory, 'spill'),
    });
    const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
    const deps = {
      sql,
      blobs,
      tables,
      clock: systemClock,
      ids,
      logger: silentLogger,
      news: createServingNews(sql),
    };
    compaction = createPartCompaction(deps);
    const signature = {
      features: [
        { name: 'distance', type: 'number' },
        { name: 'carrier', type: 'text' },
      ],
    };
    intake = createPredictionIntake({
      ...deps,
      compaction,
      announcements: createPredictionAnnouncements({
        clock: systemClock,
        events: createEventBus({ ...deps, database: sql }),
      }),
      findVersion: async () => ({ signature }) as unknown as ModelVersion,
    });
  });
  after(async () => {
    await compaction.settled();
    await tables.close();
    await sql.close();
    await rm(directory, { recursive: true, force: true });
  });

  const take = (source: string, offset: number, text: string) =>
    intake.take(context, { source, offset }, chunks(text));
  const count = async (endpoint: string): Promise<number> => {
    const { from } = await openPredictions({ sql, blobs }, 'ws_1', endpoint, {});
    const [row] = await tables.query(`select count(*) as "rows" from ${from}`);
    return Number(row?.rows);
  };

  it('keeps every line with its features under their names', async () => {
    const text =
      line('a', 1) + line('a', 2, { at: hour + 3_600_000, st: 'fallback', m: 'rule', c: 'MODEL_FAILED' });
    assert.equal(await take('s1', 0, text), text.length);
    const { from, files } = await openPredictions({ sql, blobs }, 'ws_1', 'a', {});
    assert.equal(files.length, 2);
    const rows = await tables.query(
      `select prediction_id, "time", status, model_version_id, score, f_distance, f_carrier from ${from} order by "at"`,
    );
    assert.deepEqual(rows[0], {
      prediction_id: 'pr_1-0',
      time: 5,
      status: 'ok',
      model_version_id: 'mv_1',
      score: 0.25,
      f_distance: 1.5,
      f_carrier: 'TAM',
    });
    assert.deepEqual([rows[1]?.status, rows[1]?.model_version_id], ['fallback', 'rule']);
  });

  it('keeps lines that are sent again once, whole or in part', async () => {
    const one = line('b', 1);
    const two = line('b', 2);
    assert.equal(await take('s2', 0, one), one.length);
    assert.equal(await take('s2', 0, one), one.length);
    assert.equal(await take('s2', 0, one + two), one.length + two.length);
    assert.equal(await count('b'), 2);
    assert.deepEqual(await reconcile(sql, 'ws_1', 'b'), { served: 2, logged: 2, since: hour });
  });

  it('keeps a line that is longer than the buffers begin with, among short ones', async () => {
    const text = line('l', 1) + line('l', 2, { t: ['x'.repeat(2_500_000)] }) + line('l', 3);
    assert.equal(await take('s9', 0, text), text.length);
    assert.equal(await count('l'), 3);
  });

  it('takes chunks of one source in turn when they come at once', async () => {
    const one = line('c', 1);
    const two = line('c', 2);
    await Promise.all([take('s3', 0, one), take('s3', one.length, two), take('s3', 0, one)]);
    assert.equal(await count('c'), 2);
    assert.equal(await findAcknowledged(sql, 'ws_1', 's3'), one.length + two.length);
  });

  it('refuses lines that are cut or no predictions, and keeps nothing of them', async () => {
    await assert.rejects(take('s4', 0, line('d', 1).slice(0, -1)), { code: 'PREDICTION_LINES_BROKEN' });
    await assert.rejects(take('s4', 0, 'not a line\n'), { code: 'PREDICTION_LINES_BROKEN' });
    assert.equal(await findAcknowledged(sql, 'ws_1', 's4'), 0);
    assert.equal(await count('d'), 0);
  });

  it('shows a row that was lost: the numbers given are more than the rows kept', async () => {
    await take('s5', 0, line('e', 1) + line('e', 3));
    assert.deepEqual(await reconcile(sql, 'ws_1', 'e'), { served: 3, logged: 2, since: hour });
  });

  it('finds rows by event time, and leaves the platform to itself', async () => {
    await take(
      's6',
      0,
      line('f', 1, { et: 100 }) + line('f', 2, { et: 200 }) + line('f', 3, { et: 200, a: 'probe' }),
    );
    const open = async (range: Parameters<typeof openPredictions>[3]): Promise<unknown[]> => {
      const { from } = await openPredictions({ sql, blobs }, 'ws_1', 'f', range);
      return (await tables.query(`select prediction_id from ${from} order by 1`)).map(
        (row) => row.prediction_id,
      );
    };
    assert.deepEqual(await open({ from: 150, to: 300 }), ['pr_2-0']);
    assert.deepEqual(await open({ from: 0, to: 200 }), ['pr_1-0']);
    assert.deepEqual(await open({ arms: ['probe'] }), ['pr_3-0']);
    assert.deepEqual(await open({ since: hour + 1 }), []);
  });

  it('keeps how an answer in pieces ended, which counts as a row that was kept and as no prediction', async () => {
    const end = { p: 'pr_1-end-0', a: 'end', m: null, s: null, x: null, t: null, v: null, pc: 7 };
    await take('s10', 0, line('i', 1) + line('i', 2, end));
    assert.deepEqual(await reconcile(sql, 'ws_1', 'i'), { served: 2, logged: 2, since: hour });
    assert.equal(await count('i'), 1);
    const arms = summarizeArms(await listTraffic(sql, 'ws_1', 'i', { from: hour, to: hour + 60_000 }));
    assert.deepEqual(
      arms.map(({ arm, rows }) => [arm, rows]),
      [['primary', 1]],
    );
    const { from } = await openPredictions({ sql, blobs }, 'ws_1', 'i', { arms: ['primary', 'end'] });
    const rows = await tables.query(`select prediction_id, pieces from ${from} order by 1`);
    assert.deepEqual(rows, [
      { prediction_id: 'pr_1-0', pieces: null },
      { prediction_id: 'pr_1-end-0', pieces: 7 },
    ]);
    const search = (asked: object) =>
      searchPredictions({ sql, blobs, tables }, 'ws_1', 'i', { limit: 10, ...asked });
    const found = (await search({ predictionId: 'pr_1' })).map((row) => row.prediction_id);
    assert.deepEqual(found.sort(), ['pr_1-0', 'pr_1-end-0']);
    assert.equal((await search({})).length, 1);
  });

  it('counts traffic per minute and arm, chunk after chunk', async () => {
    const first = line('g', 1, { l: 1 }) + line('g', 2, { l: 1, a: 'canary', st: 'error', m: null });
    await take('s7', 0, first);
    await take('s7', first.length, line('g', 3, { l: 4 }));
    const arms = summarizeArms(await listTraffic(sql, 'ws_1', 'g', { from: hour, to: hour + 60_000 }));
    assert.deepEqual(
      arms.map((arm) => [arm.arm, arm.rows, arm.errors]),
      [
        ['canary', 1, 1],
        ['primary', 2, 0],
      ],
    );
    const primary = arms.find((arm) => arm.arm === 'primary');
    assert.ok(Math.abs((primary?.p50Ms ?? 0) - 1) < 0.05 && Math.abs((primary?.p99Ms ?? 0) - 4) < 0.2);
  });

  it('joins many small parts of an hour into one without losing a row', async () => {
    let offset = 0;
    for (let number = 1; number <= 40; number++) {
      const text = line('h', number);
      offset = await take('s8', offset, text);
    }
    await compaction.settled();
    assert.ok((await findParts(sql, 'ws_1', 'h', everything)).length < 32);
    assert.equal(await count('h'), 40);
  });
});

function line(endpoint: string, number: number, changed: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({
    n: number,
    p: `pr_${number}-0`,
    i: 0,
    b: 'boot',
    at: hour,
    e: endpoint,
    r: 1,
    a: 'primary',
    m: 'mv_1',
    s: 'mv_1',
    l: 1.5,
    st: 'ok',
    c: null,
    q: null,
    et: 5,
    k: 'flight',
    u: 'flight',
    y: 0,
    v: 0.25,
    x: [1.5],
    t: ['TAM'],
    ...changed,
  })}\n`;
}

async function* chunks(text: string): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
}
