// npm run bench:intake -- [RECORDS = 500000] [--rows 625] [--sources 2] [--features 10]
// What a logged prediction costs the control plane, in processor time of everything it starts: lines as model servers ship them
// go through the real intake into a database and blobs on disk, so many rows in each shipment. Told tenth by tenth, for what grows
// with the log would show there; ends with 1 when a record was lost or kept twice.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ServableVersion } from '@esteira/contracts';
import type { RequestContext } from '../../packages/server/src/kernel/actor.ts';
import { systemClock } from '../../packages/server/src/kernel/clock.ts';
import { createIdGenerator } from '../../packages/server/src/kernel/ids.ts';
import { silentLogger } from '../../packages/server/src/kernel/logger.ts';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { createServingNews } from '../../packages/server/src/serving/news.ts';
import { openPredictions } from '../../packages/server/src/serving/predictions/open-predictions.ts';
import { createPartCompaction } from '../../packages/server/src/serving/predictions/part-compaction.ts';
import { createPredictionAnnouncements } from '../../packages/server/src/serving/predictions/prediction-announcements.ts';
import { createPredictionIntake } from '../../packages/server/src/serving/predictions/prediction-intake.ts';
import { openFilesystemBlobStore } from '../../packages/server/src/storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from '../../packages/server/src/storage/events/event-bus.ts';
import { openTestDatabase } from '../../packages/server/src/storage/sql/open-test-database.ts';
import { openDuckdbTableEngine } from '../../packages/server/src/storage/tables/duckdb/duckdb-table-engine.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '625' },
    sources: { type: 'string', default: '2' },
    features: { type: 'string', default: '10' },
  },
});
const records = Number(positionals[0] ?? 500_000);
const [rows, sources, features] = [values.rows, values.sources, values.features].map(Number) as [
  number,
  number,
  number,
];
const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
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
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'esteira-intake-')));
try {
  process.exitCode = await measure();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measure(): Promise<number> {
  const sql = await openTestDatabase();
  const blobs = await openFilesystemBlobStore({ directory: join(directory, 'blobs'), random: systemRandom });
  const tables = await openDuckdbTableEngine({
    directories: [join(directory, 'blobs')],
    temporaryDirectory: join(directory, 'spill'),
    threads: 1,
    keepsFiles: false,
    memoryLimit: '256MB',
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
  const compaction = createPartCompaction(deps);
  const signature = {
    features: Array.from({ length: features }, (_, at) => ({ name: `x${at}`, type: 'number' })),
  };
  const intake = createPredictionIntake({
    ...deps,
    compaction,
    announcements: createPredictionAnnouncements({
      clock: systemClock,
      events: createEventBus({ ...deps, database: sql }),
    }),
    findVersion: async () => ({ signature }) as unknown as ServableVersion,
  });
  const offsets = Array.from({ length: sources }, () => 0);
  let sent = 0;
  let cpu = process.cpuUsage();
  let told = 0;
  let making = 0;
  let time = performance.now();
  while (sent < records) {
    const before = process.cpuUsage();
    const shipments = offsets.map((_, source) => Buffer.from(lines(sent / sources, rows, source)));
    const after = process.cpuUsage(before);
    making += after.user + after.system;
    await Promise.all(
      shipments.map(async (shipment, source) => {
        const offset = offsets[source] ?? 0;
        offsets[source] = await intake.take(context, { source: `s${source}`, offset }, pieces(shipment));
      }),
    );
    sent += rows * sources;
    if (sent - told >= records / 10 || sent >= records) {
      await compaction.settled();
      const used = process.cpuUsage(cpu);
      const perRecord = (us: number) => (us / (sent - told)).toFixed(1);
      console.log(
        `${String(sent).padStart(9)} records: ${perRecord(used.user + used.system - making)} µs of a processor each (${perRecord(used.user - making)} user, ${perRecord(used.system)} system), ${(((performance.now() - time) / (sent - told)) * 1000).toFixed(1)} µs passed, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
      );
      [cpu, told, making, time] = [process.cpuUsage(), sent, 0, performance.now()];
    }
  }
  const { from, files } = await openPredictions({ sql, blobs }, 'ws_1', 'soak', {});
  const [count] = await tables.query(
    `select count(*) as "rows", count(distinct prediction_id) as ids from ${from}`,
  );
  console.log(`${count?.rows} rows in ${files.length} files`);
  await tables.close();
  await sql.close();
  return Number(count?.rows) === sent && Number(count?.ids) === sent ? 0 : 1;
}

function lines(first: number, count: number, source: number): string {
  let text = '';
  for (let number = first; number < first + count; number++) {
    const x = Array.from({ length: features }, (_, at) => (number * 7 + at * 3) % 10);
    const head = `{"n":${number + 1},"p":"pr_${source}mh2k9vkqd0000000${((number * 2_654_435_761) % 1e12).toString(36).padStart(9, '0')}-0","i":0,"b":"01KAKZJ8Q${source}","at":${Math.min(hour + Math.floor(number / 2), hour + 3_599_000)},"e":"soak","r":3,"a":"primary","m":"mv_01kakzj8q8e7rt3s0000000000","s":"mv_01kakzj8q8e7rt3s0000000000"`;
    text += `${head},"l":${(0.2 + (number % 97) / 100).toFixed(3)},"st":"ok","c":null,"q":null,"et":null,"k":null,"u":null,"y":${number % 2},"v":${((number * 37) % 1000) / 1000},"x":[${x.join(',')}],"t":[]}\n`;
  }
  return text;
}

async function* pieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
