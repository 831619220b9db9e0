import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { migrations } from '../../migrations/index.ts';
import { type Migration, migrate, pendingMigrations } from './migrator.ts';
import { openSqliteDatabase } from './sqlite/open-sqlite-database.ts';

const clock = { now: () => 1000 };

function creating(name: string, table: string): Migration {
  return {
    name,
    breaking: false,
    async up(schema) {
      await schema.schema.createTable(table).addColumn('id', 'text').execute();
    },
  };
}

describe('migrate', () => {
  it('applies what is missing in the order of the names, once', async () => {
    const database = openSqliteDatabase({ path: ':memory:' });
    const second = creating('0002-b', 'b');
    const first = creating('0001-a', 'a');
    assert.deepEqual(await migrate(database, [second, first], clock), ['0001-a', '0002-b']);
    assert.deepEqual(await migrate(database, [second, first], clock), []);
    await database.close();
  });

  it('refuses a database that a newer release has written', async () => {
    const database = openSqliteDatabase({ path: ':memory:' });
    await migrate(database, [creating('0001-a', 'a'), creating('0002-b', 'b')], clock);
    await assert.rejects(migrate(database, [creating('0001-a', 'a')], clock), {
      code: 'SCHEMA_TOO_NEW',
      details: { migration: '0002-b' },
    });
    await database.close();
  });

  it('refuses a step that was changed after it was applied, and changes nothing', async () => {
    const database = openSqliteDatabase({ path: ':memory:' });
    await migrate(database, [creating('0001-a', 'a')], clock);
    await assert.rejects(migrate(database, [creating('0001-a', 'b'), creating('0002-c', 'c')], clock), {
      code: 'SCHEMA_CHANGED',
      details: { migration: '0001-a' },
    });
    assert.deepEqual(await migrate(database, [creating('0001-a', 'a')], clock), []);
    await database.close();
  });

  it('takes over a database of a release that kept no digests', async () => {
    const database = openSqliteDatabase({ path: ':memory:' });
    await database.transaction(async (tx) => {
      const { schema } = tx.query<{ migrations: { name: string; applied_at: number } }>();
      await schema
        .createTable('migrations')
        .addColumn('name', 'text')
        .addColumn('applied_at', 'bigint')
        .execute();
      await creating('0001-a', 'a').up(tx.query<unknown>());
      await tx
        .query<{ migrations: { name: string; applied_at: number } }>()
        .insertInto('migrations')
        .values({ name: '0001-a', applied_at: 1 })
        .execute();
    });
    assert.deepEqual(await migrate(database, [creating('0001-a', 'a'), creating('0002-b', 'b')], clock), [
      '0002-b',
    ]);
    await assert.rejects(migrate(database, [creating('0001-a', 'c'), creating('0002-b', 'b')], clock), {
      code: 'SCHEMA_CHANGED',
    });
    await database.close();
  });

  it('tells the statements that are due without making them', async () => {
    const database = openSqliteDatabase({ path: ':memory:' });
    const steps = [creating('0001-a', 'a'), creating('0002-b', 'b')];
    const due = await pendingMigrations(database, steps);
    assert.deepEqual(due, [
      { name: '0001-a', breaking: false, statements: ['create table "a" ("id" text);'] },
      { name: '0002-b', breaking: false, statements: ['create table "b" ("id" text);'] },
    ]);
    assert.deepEqual(await database.query<unknown>().introspection.getTables(), []);
    await migrate(database, steps.slice(0, 1), clock);
    assert.deepEqual(
      (await pendingMigrations(database, steps)).map(({ name }) => name),
      ['0002-b'],
    );
    await database.close();
  });

  it('leaves nothing of a step that fails, and applies it again next time', async () => {
    const database = openSqliteDatabase({ path: ':memory:' });
    const whole = creating('0001-a', 'a');
    const broken: Migration = {
      ...whole,
      async up(schema) {
        await whole.up(schema);
        throw new Error('power cut');
      },
    };
    await assert.rejects(migrate(database, [broken], clock), /power cut/);
    assert.deepEqual(await migrate(database, [whole], clock), ['0001-a']);
    await database.close();
  });

  it('knows every step of the product under a name of its own, in order', async () => {
    const names = migrations.map((migration) => migration.name);
    assert.deepEqual(names, [...new Set(names)].sort());
    for (const name of names) assert.match(name, /^\d{4}-[a-z-]+$/);
    const database = openSqliteDatabase({ path: ':memory:' });
    assert.deepEqual(await migrate(database, migrations, clock), names);
    await database.close();
  });
});
