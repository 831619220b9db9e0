import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { quoteIdentifier, quoteLiteral, type TableEngine } from './table-engine.ts';

interface EngineDirectories {
  /** Files below it may be named in statements. */
  readonly allowed: string;
  readonly spill: string;
}

/** What every table engine must keep. */
export function tableEngineContract(
  name: string,
  open: (directories: EngineDirectories) => Promise<TableEngine>,
): void {
  describe(`the tables port on ${name}`, () => {
    let root: string;
    let allowed: string;
    let engine: TableEngine;

    before(async () => {
      root = await mkdtemp(join(tmpdir(), 'esteira-tables-'));
      await writeFile(join(root, 'outside.csv'), 'a\n1\n');
      allowed = await mkdtemp(join(root, 'files-'));
      engine = await open({ allowed, spill: join(root, 'spill') });
    });
    after(async () => {
      await engine.close();
      await rm(root, { recursive: true, force: true });
    });

    it('returns values as plain JavaScript', async () => {
      const [row] = await engine.query(`select
        12::bigint as big, 170141183460469231731687303715884105727::hugeint as huge, 1.25::decimal(9, 2) as price,
        0.5::float as half, true as flag, 'açaí' as word, null as nothing, date '2024-02-29' as day,
        timestamp '1969-12-31 23:59:59.9995' as before_epoch, timestamptz '2024-01-01 00:00:00-03' as zoned,
        [1, null, 3] as list, {'a': 1, 'b': {'c': [date '1970-01-02']}} as struct, map {'k': 7::bigint} as map,
        'a'::blob as bytes, time '10:30:00' as clock, interval 2 day as span,
        'c0ffee00-0000-4000-8000-000000000000'::uuid as uuid, 'x'::enum('x', 'y') as letter`);
      assert.deepEqual(row, {
        big: 12,
        huge: 2 ** 127,
        price: 1.25,
        half: 0.5,
        flag: true,
        word: 'açaí',
        nothing: null,
        day: Date.UTC(2024, 1, 29),
        before_epoch: -1,
        zoned: Date.UTC(2024, 0, 1, 3),
        list: [1, null, 3],
        struct: { a: 1, b: { c: [86_400_000] } },
        map: [{ key: 'k', value: 7 }],
        bytes: 'YQ==',
        clock: '10:30:00',
        span: '2 days',
        uuid: 'c0ffee00-0000-4000-8000-000000000000',
        letter: 'x',
      });
    });

    it('fills parameters by position', async () => {
      const rows = await engine.query(
        'select $2::varchar as b, $1::integer + 1 as a, $3::boolean as c, $4::integer as d',
        [41, "it's", true, null],
      );
      assert.deepEqual(rows, [{ b: "it's", a: 42, c: true, d: null }]);
    });

    it('reads columns as doubles, with NaN for null and for what is no number', async () => {
      const columns = await engine.numericColumns(
        `select * from (values
           (1::bigint, true, 2.5::decimal(5, 1), '7', date '1970-01-02', [1]),
           (null, false, null, 'seven', null, [2])
         ) as t(whole, flag, exact, word, day, list) order by whole nulls last`,
      );
      assert.deepEqual(Object.fromEntries(columns), {
        whole: Float64Array.of(1, Number.NaN),
        flag: Float64Array.of(1, 0),
        exact: Float64Array.of(2.5, Number.NaN),
        word: Float64Array.of(7, Number.NaN),
        day: Float64Array.of(86_400_000, Number.NaN),
        list: Float64Array.of(Number.NaN, Number.NaN),
      });
    });

    it('keeps the order of a query over many chunks, in numeric columns and in streams', async () => {
      const sql = 'select i from range(300000) r(i) where i % $1 = 0 order by i desc';
      const column = (await engine.numericColumns(sql, [3])).get('i') ?? new Float64Array();
      const streamed: unknown[] = [];
      for await (const rows of engine.stream(sql, [3])) for (const row of rows) streamed.push(row.i);
      assert.equal(column.length, 100_000);
      assert.deepEqual([...column], streamed);
      assert.deepEqual(
        streamed,
        streamed.toSorted((a, b) => Number(b) - Number(a)),
      );
    });

    it('returns empty columns for a query without rows', async () => {
      const columns = await engine.numericColumns('select 1 as a, 2 as b where false');
      assert.deepEqual(
        [...columns],
        [
          ['a', new Float64Array()],
          ['b', new Float64Array()],
        ],
      );
    });

    it('writes Parquet that it reads back, whatever the names', async () => {
      const path = join(allowed, "it's.parquet");
      const awkward = 'a "quoted", named: column';
      const { rows } = await engine.writeParquet(
        `select i as ${quoteIdentifier(awkward)} from range($1) r(i)`,
        path,
        [1000],
      );
      assert.equal(rows, 1000);
      const [counted] = await engine.query(
        `select count(*) as n, max(${quoteIdentifier(awkward)}) as top from read_parquet(${quoteLiteral(path)})`,
      );
      assert.deepEqual(counted, { n: 1000, top: 999 });
      assert.equal((await stat(path)).mode & 0o777, 0o600);
    });

    it('leaves no file when writing Parquet fails', async () => {
      const path = join(allowed, 'broken.parquet');
      await assert.rejects(
        engine.writeParquet(
          `select case when i > 90000 then error('bad row') else i end as i from range(100000) r(i)`,
          path,
        ),
      );
      assert.equal((await readdir(allowed)).includes('broken.parquet'), false);
    });

    it('refuses every file outside its directories, for reading, writing and attaching', async () => {
      const outside = quoteLiteral(join(root, 'outside.csv'));
      const climbing = quoteLiteral(join(allowed, '..', 'outside.csv'));
      const written = join(root, 'written.parquet');
      const refused = [
        `select * from read_csv(${outside})`,
        `select * from read_csv('${allowed}/../outside.csv')`,
        `select * from read_csv(${climbing})`,
        `select * from ${outside}`,
        `copy (select 1) to ${quoteLiteral(written)}`,
        `attach ${quoteLiteral(join(root, 'other.db'))}`,
        `select * from glob(${quoteLiteral(join(root, '*'))})`,
        `select * from read_text('/etc/passwd')`,
      ];
      for (const sql of refused) await assert.rejects(engine.query(sql), sql);
      await assert.rejects(engine.writeParquet('select 1', written));
    });

    it('refuses statements that would loosen it', async () => {
      for (const sql of [
        'set enable_external_access = true',
        `set allowed_directories = ['/']`,
        `set memory_limit = '100GB'`,
        'install httpfs',
        'load httpfs',
      ]) {
        await assert.rejects(engine.query(sql), sql);
      }
    });

    it("tells of a broken file with the engine's words in the cause", async () => {
      const parquet = join(allowed, 'bad.parquet');
      const csv = join(allowed, 'bad.csv');
      await writeFile(parquet, 'PAR1 this is not Parquet PAR1');
      await writeFile(csv, 'a,b\n1,2\n3\n"4,5\n');
      for (const sql of [
        `select * from read_parquet(${quoteLiteral(parquet)})`,
        `select * from read_csv(${quoteLiteral(csv)}, header = true, columns = {'a': 'integer', 'b': 'integer'})`,
      ]) {
        await assert.rejects(engine.query(sql), (error: Error) => {
          assert.match(error.message, /could not run/);
          assert.ok(error.cause instanceof Error && error.cause.message.length > 0);
          return true;
        });
      }
    });

    it('keeps temporary tables of a session to itself and forgets them after', async () => {
      const found = await engine.session(async (session) => {
        await session.query('create temp table mine as select 42 as answer');
        await assert.rejects(engine.query('select * from mine'));
        return session.query('select * from mine');
      });
      assert.deepEqual(found, [{ answer: 42 }]);
      await assert.rejects(engine.session((session) => session.query('select * from mine')));
    });

    it('answers more queries at once than it has connections', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => engine.query('select $1::integer as n', [n])),
      );
      assert.deepEqual(
        answers.flat(),
        Array.from({ length: 20 }, (_, n) => ({ n })),
      );
    });

    it('lets go of its connection when a stream is left early', async () => {
      for (let round = 0; round < 10; round++) {
        for await (const rows of engine.stream('select i from range(100000) r(i)')) {
          assert.ok(rows.length > 0);
          break;
        }
      }
      assert.deepEqual(await engine.query('select 1 as one'), [{ one: 1 }]);
    });
  });
}
