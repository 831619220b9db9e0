import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tableEngineContract } from '../table-engine.contract.ts';
import { openDuckdbTableEngine } from './duckdb-table-engine.ts';

tableEngineContract('DuckDB', ({ allowed, spill }) =>
  openDuckdbTableEngine({ directories: [allowed], temporaryDirectory: spill }),
);

describe('DuckDB with little memory', () => {
  it('spills a sort that does not fit into its temporary directory, and cleans up', async () => {
    const spill = mkdtempSync(join(tmpdir(), 'esteira-spill-'));
    const engine = await openDuckdbTableEngine({
      directories: [],
      temporaryDirectory: spill,
      memoryLimit: '60MB',
    });
    const [row] = await engine.query(`select count(*) as n from (
      select row_number() over (order by md5(i::varchar)) as place, md5((i + 1)::varchar) as text from range(1000000) r(i)
    ) where place > 0 and text is not null`);
    assert.deepEqual(row, { n: 1_000_000 });
    await engine.close();
    assert.deepEqual(readdirSync(spill), []);
    rmSync(spill, { recursive: true });
  });

  it('says how much memory it may use when a part of the work cannot spill', async () => {
    const spill = mkdtempSync(join(tmpdir(), 'esteira-spill-'));
    const engine = await openDuckdbTableEngine({
      directories: [],
      temporaryDirectory: spill,
      memoryLimit: '60MB',
    });
    const greedy = engine.query(`select length(string_agg(md5(i::varchar), '')) from range(4000000) r(i)`);
    await assert.rejects(greedy, (error: Error & { code?: string; details?: unknown }) => {
      assert.equal(error.code, 'TABLE_MEMORY_EXCEEDED');
      assert.deepEqual(error.details, { limit: '57.2 MiB' });
      return true;
    });
    assert.deepEqual(await engine.query('select 1 as one'), [{ one: 1 }]);
    await engine.close();
    rmSync(spill, { recursive: true });
  });

  it('says so too of temporary tables, written files, streams and columns, and goes on after each', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'esteira-spill-'));
    const engine = await openDuckdbTableEngine({
      directories: [directory],
      temporaryDirectory: directory,
      memoryLimit: '16MB',
    });
    const wide = Array.from({ length: 300 }, (_column, index) => `i + ${index} as c${index}`).join(', ');
    const select = `select ${wide} from range(100000) r(i)`;
    const greedy = `select length(string_agg(md5(i::varchar), '')) as n from range(1000000) r(i)`;
    const doors: readonly (() => Promise<unknown>)[] = [
      () => engine.session((session) => session.query(`create temp table wide as ${select}`)),
      () => engine.writeParquet(select, join(directory, 'wide.parquet')),
      () => Array.fromAsync(engine.stream(greedy)),
      () => engine.numericColumns(greedy),
    ];
    for (const open of doors) {
      await assert.rejects(open, (error: Error & { code?: string; todo?: string }) => {
        assert.equal(error.code, 'TABLE_MEMORY_EXCEEDED');
        assert.match(error.todo ?? '', /--table-memory-mb/);
        return true;
      });
      assert.deepEqual(await engine.query('select 1 as one'), [{ one: 1 }]);
    }
    await engine.close();
    assert.deepEqual(readdirSync(directory), []);
    rmSync(directory, { recursive: true });
  });

  it('refuses to open statements once it is closed', async () => {
    const spill = mkdtempSync(join(tmpdir(), 'esteira-spill-'));
    const engine = await openDuckdbTableEngine({ directories: [], temporaryDirectory: spill });
    await engine.query('select 1');
    await engine.close();
    await assert.rejects(engine.query('select 1'), /closed/);
    rmSync(spill, { recursive: true });
  });
});
