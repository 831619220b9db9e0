import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDuckdbTableEngine } from './duckdb/duckdb-table-engine.ts';
import { createSafeSql, type SafeSql } from './safe-sql.ts';
import type { TableEngine } from './table-engine.ts';

describe('SQL that people write', () => {
  let directory: string;
  let tables: TableEngine;
  let safe: SafeSql;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'esteira-safe-sql-'));
    tables = await openDuckdbTableEngine({ directories: [], temporaryDirectory: directory });
    safe = createSafeSql({ tables });
  });
  after(async () => {
    await tables.close();
    rmSync(directory, { recursive: true });
  });

  it('may ask anything of its own table', async () => {
    for (const query of [
      'SELECT count(*) FROM t WHERE a IS NOT NULL',
      'SELECT avg(length(trim(a))) FROM t',
      'WITH big AS (SELECT * FROM t WHERE a > 3) SELECT max(b) - min(b) FROM big',
      'SELECT count(*) FROM t x JOIN t y ON x.a = y.b',
      'SELECT sum(n) FROM (SELECT count(*) AS n FROM t GROUP BY a HAVING count(*) > 1)',
      'SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY a) AS n FROM t) WHERE n > 2',
    ]) {
      assert.equal(await safe.queryProblem(query, 't'), undefined, query);
    }
  });

  it('may not read anything else, write, or see the server', async () => {
    for (const query of [
      'SELECT count(*) FROM other',
      `SELECT count(*) FROM '/etc/passwd'`,
      `SELECT count(*) FROM read_parquet('/blobs/x')`,
      `SELECT * FROM read_text('/etc/passwd')`,
      `SELECT count(*) FROM glob('/*')`,
      'SELECT count(*) FROM information_schema.tables',
      'SELECT count(*) FROM duckdb_settings()',
      `SELECT current_setting('temp_directory')`,
      `SELECT getvariable('x')`,
      'SELECT (SELECT count(*) FROM other) FROM t',
      'SELECT count(*) FROM (SHOW TABLES)',
      'SELECT count(*) FROM t TABLESAMPLE 10%',
      'SELECT random() FROM t',
      'SELECT now() FROM t',
      `SELECT count(*) FROM query('SELECT 1')`,
      'SELECT 1; SELECT 2',
      'DROP TABLE t',
      `COPY t TO '/tmp/x'`,
      `ATTACH '/tmp/x'`,
      'not sql at all',
    ]) {
      assert.notEqual(await safe.queryProblem(query, 't'), undefined, query);
    }
  });

  it('is a condition when it judges one row by itself', async () => {
    for (const expression of [
      'delay BETWEEN -120 AND 1440',
      `origin <> destination OR regexp_matches(origin, '^[A-Z]{3}$')`,
      'a > 1 -- at least two',
      `coalesce(lower(a), '') IN ('x', 'y')`,
    ]) {
      assert.equal(await safe.expressionProblem(expression), undefined, expression);
    }
    for (const expression of [
      'count(*) > 1',
      'a > (SELECT max(a) FROM one_row)',
      'row_number() OVER () > 1',
      'a = 1) UNION SELECT 1 FROM one_row WHERE (true',
      'a = 1) GROUP BY (a',
      'random() < 0.5',
      'a = $1',
      'a =',
      '',
    ]) {
      assert.notEqual(await safe.expressionProblem(expression), undefined, expression);
    }
  });

  it('tells a pattern the engine cannot run', async () => {
    assert.equal(await safe.patternProblem('^[A-Z]{3}$'), undefined);
    assert.notEqual(await safe.patternProblem('(?=x)'), undefined);
  });
});
