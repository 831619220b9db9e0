import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { sqlSnapshotContract } from '../sql-snapshot.contract.ts';
import { openSqliteDatabase } from './open-sqlite-database.ts';
import { openSqliteSnapshot } from './open-sqlite-snapshot.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-snapshot-'));
after(() => rmSync(root, { recursive: true, force: true }));

sqlSnapshotContract('SQLite', async () => {
  const path = join(root, 'esteira.db');
  return { database: openSqliteDatabase({ path }), openSnapshot: () => openSqliteSnapshot(path) };
});
