import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { backUp } from '../../packages/server/src/back-up.ts';
import { openDataDirectory } from '../../packages/server/src/data-directory.ts';
import { createAuditLog, openSigningKey, systemActor } from '../../packages/server/src/governance/index.ts';
import { systemClock } from '../../packages/server/src/kernel/clock.ts';
import { createIdGenerator } from '../../packages/server/src/kernel/ids.ts';
import { silentLogger } from '../../packages/server/src/kernel/logger.ts';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { migrations } from '../../packages/server/src/migrations/index.ts';
import { restore } from '../../packages/server/src/restore.ts';
import { openFilesystemBlobStore } from '../../packages/server/src/storage/blobs/filesystem/filesystem-blob-store.ts';
import { migrate } from '../../packages/server/src/storage/sql/migrator.ts';
import { openSqliteDatabase } from '../../packages/server/src/storage/sql/sqlite/open-sqlite-database.ts';

/**
 * How fast an installation with a million metric points and half a gigabyte of content is archived, archived again with
 * nothing new, restored, and read back; each in a process of its own, whose largest memory is told. Arguments: points,
 * blobs of 8 MiB, and a PostgreSQL URL of an empty database to restore into as well.
 */
const [mode = '1000000', second = '64', third, fourth] = process.argv.slice(2);
const quiet = { environment: {}, onProgress() {}, signal: new AbortController().signal };
const blobBytes = 8 * 1024 * 1024;

if (mode === 'backup')
  await timed(() => backUp({ flags: { dataDir: second }, to: third ?? '', kind: 'backup', ...quiet }));
else if (mode === 'restore' || mode === 'restore-verified')
  await timed(() => restoreInto(JSON.parse(second), third ?? '', fourth ?? ''));
else await measure(Number(mode), Number(second), third);

async function timed(work: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ seconds, megabytes: process.resourceUsage().maxRSS / 1024 }));
}

async function restoreInto(flags: Record<string, unknown>, from: string, signingKey: string): Promise<void> {
  await restore({ flags, from, as: 'house', verify: mode === 'restore-verified', signingKey, ...quiet });
}

async function measure(points: number, blobs: number, postgresUrl: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-bench-backup-'));
  try {
    const dataDir = join(folder, 'data');
    const archives = join(folder, 'archives');
    const key = join(dataDir, 'audit-signing-key.pem');
    await fill(dataDir, points, blobs);
    const content = (blobs * blobBytes) / 1e6;
    console.log(
      `${points.toLocaleString('en')} points (${(statSync(join(dataDir, 'esteira.db')).size / 1e6).toFixed(0)} MB), ${content.toFixed(0)} MB of content`,
    );
    const tell = (name: string, work: readonly string[], moved: number): void => {
      const { seconds, megabytes } = run(work);
      const speed = moved > 0 ? `, ${(moved / seconds).toFixed(0)} MB/s of content` : '';
      console.log(
        `${name}: ${seconds.toFixed(1)} s, ${Math.round(points / seconds).toLocaleString('en')} rows/s${speed}, ${megabytes.toFixed(0)} MB at most`,
      );
    };
    tell('backup', ['backup', dataDir, archives], content);
    tell('backup again, nothing new', ['backup', dataDir, archives], 0);
    const into = (flags: object): string => JSON.stringify(flags);
    tell('restore', ['restore', into({ dataDir: join(folder, 'a') }), archives, key], content);
    tell(
      'restore, read back',
      ['restore-verified', into({ dataDir: join(folder, 'b') }), archives, key],
      content,
    );
    if (postgresUrl !== undefined) {
      const flags = { dataDir: join(folder, 'c'), databaseUrl: postgresUrl };
      tell('restore into PostgreSQL, read back', ['restore-verified', into(flags), archives, key], content);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(words: readonly string[]): { seconds: number; megabytes: number } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

async function fill(dataDir: string, points: number, blobs: number): Promise<void> {
  const folder = openDataDirectory(dataDir, createIdGenerator({ clock: systemClock, random: systemRandom }));
  const database = openSqliteDatabase({ path: folder.database });
  await migrate(database, migrations, systemClock);
  const columns = {
    series_id: 'bigint',
    step: 'bigint',
    at: 'bigint',
    value: 'double precision',
    is_nan: 'bigint',
  } as const;
  for (let start = 0; start < points; start += 10_000) {
    const rows = Array.from({ length: Math.min(10_000, points - start) }, (_, offset) => {
      const index = start + offset;
      return [Math.floor(index / 1000), index % 1000, 1_753_000_000_000 + index, Math.sin(index), 0];
    });
    await database.transaction((tx) =>
      tx.forEachRow(columns, rows, (source) => {
        const names = Object.keys(columns);
        return sql`insert into metric_points (${sql.join(names.map((name) => sql.ref(name)))})
          select ${sql.join(names.map((name) => source.value(name)))} ${source.from} where true`;
      }),
    );
  }
  const signingKey = await openSigningKey(folder.signingKey, systemRandom);
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const audit = createAuditLog({ sql: database, clock: systemClock, ids, logger: silentLogger, signingKey });
  const context = { workspace: 'default', actor: systemActor, requestId: 'req_1' };
  await database.transaction((tx) =>
    audit.record(tx, context, { action: 'bench.begun', subject: { kind: 'bench', id: 'backup' } }),
  );
  await audit.seal();
  await database.close();
  const store = await openFilesystemBlobStore({ directory: folder.blobs, random: systemRandom });
  for (let index = 0; index < blobs; index++) {
    await store.put(
      (async function* () {
        for (let sent = 0; sent < blobBytes; sent += 1 << 20) yield systemRandom.bytes(1 << 20);
      })(),
    );
  }
  await store.close();
}
