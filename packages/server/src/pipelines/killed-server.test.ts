import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { migrations } from '../migrations/index.ts';
import { migrate } from '../storage/sql/migrator.ts';
import { openSqliteDatabase } from '../storage/sql/sqlite/open-sqlite-database.ts';
import { ana, echoKind, openPipelines } from './pipelines.fixture.ts';

it('a run whose server is killed in the middle of a step goes on after the restart and repeats only that step', async (test) => {
  const directory = mkdtempSync(join(tmpdir(), 'esteira-pipelines-'));
  const path = join(directory, 'esteira.db');
  const sideFile = join(directory, 'calls');
  const spec = `name: p
project: flights
steps:
  - {name: first, uses: test.echo, with: {value: 1}}
  - {name: beside, uses: test.echo, with: {value: 2}}
  - {name: hang, uses: test.echo, needs: [beside], with: {value: '\${{ steps.first.outputs.value }}', seed: 2}}
  - {name: last, uses: test.echo, with: {value: '\${{ steps.hang.outputs.value }}', seed: 3}}
`;
  const prepared = openSqliteDatabase({ path });
  await migrate(prepared, migrations, systemClock);
  const before = await openPipelines({ database: prepared, stepKinds: [echoKind()] });
  await before.pipelines.put(ana, 'p', spec);
  await before.stop();
  await prepared.close();

  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'killed-server.child.ts'), path, sideFile],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  child.kill('SIGKILL');
  await once(child, 'exit');

  const database = openSqliteDatabase({ path });
  const kind = echoKind({
    act: async ({ step, attempt }) => {
      appendFileSync(sideFile, `${step} ${attempt}\n`);
      return undefined;
    },
  });
  const after = await openPipelines({ database, stepKinds: [kind] });
  test.after(async () => {
    await after.stop();
    await database.close();
    rmSync(directory, { recursive: true });
  });
  const [found] = await after.pipelines.reader.listRuns('ws_1', { limit: 1 });
  const run = await after.pipelines.wait('ws_1', found?.id ?? '');
  assert.equal(run.status, 'succeeded');
  const calls = readFileSync(sideFile, 'utf8').trim().split('\n').sort();
  assert.deepEqual(calls, ['beside 1', 'first 1', 'hang 1', 'hang 1', 'last 1']);
  const tracked = await after.tracking.reader.show('ws_1', run.trackingRunId);
  const hung = tracked.children.filter((child) => child.name === 'hang').map((child) => child.status);
  assert.deepEqual(hung, ['failed', 'succeeded']);
});
