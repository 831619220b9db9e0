import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type ArchiveEngines, archiveEngines } from './archive-engines.ts';
import { describeTables } from './backup/index.ts';
import { loadConfig } from './config.ts';
import { openDataDirectory } from './data-directory.ts';
import { createAuditLog, openSigningKey, systemActor } from './governance/index.ts';
import { systemClock } from './kernel/clock.ts';
import { createIdGenerator } from './kernel/ids.ts';
import { silentLogger } from './kernel/logger.ts';
import { systemRandom } from './kernel/random-source.ts';
import { migrations } from './migrations/index.ts';
import { migrate } from './storage/sql/migrator.ts';
import type { RowColumns } from './storage/sql/row-source.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';

const typesOfRows = { text: 'text', integer: 'bigint', double: 'double precision' } as const;

/**
 * An installation whose every table has rows, of every kind of value that its columns hold, with blobs, a sealed audit log
 * and a prediction log that was not shipped. What the rows say makes no sense, which no archive minds.
 */
export async function inventInstallation(
  flags: Readonly<Record<string, unknown>>,
  size: { readonly points: number; readonly blobs: number },
): Promise<void> {
  const config = loadConfig({ flags, environment: {} });
  const engines = archiveEngines(config);
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const folder = openDataDirectory(config.dataDir, ids);
  const database = await engines.openDatabase();
  await migrate(database, migrations, systemClock);
  await inventRows(database, size.points);
  await inventAuditLog(database, await openSigningKey(folder.signingKey, systemRandom));
  await inventBlobs(engines, size.blobs);
  const spool = join(folder.dataPlane, 'model-servers', Buffer.from('default').toString('base64url'));
  mkdirSync(join(spool, 'spool'), { recursive: true });
  writeFileSync(join(spool, 'source'), 'source-of-spool');
  writeFileSync(join(spool, 'spool', '0000000000000100.ndjson'), '{"n":1}\n{"n":2}\n{"n"');
  await database.close();
}

async function inventRows(database: SqlDatabase, points: number): Promise<void> {
  for (const { name, columns, key } of await describeTables(migrations, systemClock)) {
    if (name.startsWith('audit_') || name === 'commit_epochs' || name === 'leases') continue;
    const count = name === 'metric_points' ? points : 7;
    const types: RowColumns = Object.fromEntries(
      columns.map(({ name: column, type }) => [column, typesOfRows[type]]),
    );
    for (let start = 0; start < count; start += 5000) {
      const rows = Array.from({ length: Math.min(5000, count - start) }, (_, offset) => {
        const index = start + offset;
        return columns.map((column) => {
          if (column.nullable && index % 3 === 0) return null;
          if (column.type === 'text') return key.includes(column.name) ? `${name}-${index}` : textAt(index);
          if (column.type === 'integer')
            return key.includes(column.name) || column.name === 'position' ? index : integerAt(index);
          return doubleAt(index);
        });
      });
      await database.transaction(async (tx) => {
        await tx.forEachRow(
          types,
          rows,
          (
            source,
          ) => sql`insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column.name)))})
            select ${sql.join(columns.map((column) => source.value(column.name)))} ${source.from} where true`,
        );
      });
    }
  }
}

function textAt(index: number): string {
  return ['', 'plain', 'zeile\nzwei\t"quoted"\\', 'ünïcödé 😀', '\u2028line', "it's", '[]'][index % 7] ?? '';
}

function integerAt(index: number): number {
  return [0, 1, -1, 1_753_000_000_000, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 42][index % 7] ?? 0;
}

function doubleAt(index: number): number {
  const special = [0.1, 1e300, 5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -7, 1 / 3];
  return special[index % 7] ?? 0;
}

async function inventAuditLog(database: SqlDatabase, signingKey: Awaited<ReturnType<typeof openSigningKey>>) {
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const audit = createAuditLog({ sql: database, clock: systemClock, ids, logger: silentLogger, signingKey });
  const context = { workspace: 'default', actor: systemActor, requestId: 'req_1' };
  for (let index = 0; index < 5; index++) {
    await database.transaction((tx) =>
      audit.record(tx, context, { action: 'tests.row.made', subject: { kind: 'row', id: String(index) } }),
    );
  }
  await audit.seal();
}

async function inventBlobs(engines: ArchiveEngines, count: number): Promise<void> {
  const blobs = await engines.openBlobs();
  for (let index = 0; index < count; index++) {
    await blobs.put(
      (async function* () {
        yield contentAt(index);
      })(),
    );
  }
  await blobs.close();
}

function contentAt(index: number): Buffer {
  return Buffer.concat([
    Buffer.from(`content ${index}\n`),
    createHash('sha256').update(String(index)).digest(),
  ]);
}

/** Digests of all blobs, sorted. */
export async function blobsOf(flags: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const blobs = await archiveEngines(loadConfig({ flags, environment: {} })).openBlobs();
  const found: string[] = [];
  for await (const { digest } of blobs.list()) found.push(digest);
  await blobs.close();
  return found.sort();
}
