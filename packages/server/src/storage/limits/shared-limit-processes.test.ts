import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { migrations } from '../../migrations/index.ts';
import { migrate } from '../sql/migrator.ts';
import { openSqliteDatabase } from '../sql/sqlite/open-sqlite-database.ts';
import { proveSharedLimit } from './limit-processes.fixture.ts';

test('three processes share 500 a second through SQLite, one of them killed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'esteira-limits-'));
  const path = join(directory, 'limits.db');
  const database = openSqliteDatabase({ path });
  await migrate(database, migrations, systemClock);
  await database.close();
  await proveSharedLimit('sqlite', path);
  rmSync(directory, { recursive: true, force: true });
});
