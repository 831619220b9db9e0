import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import { systemActor } from '../identity/principal.ts';
import { createAuditLog } from './audit-log.ts';
import { isConsistent, isIncluded } from './merkle-proof.ts';

const context = { workspace: 'default', actor: systemActor, requestId: 'req_1' };

interface TamperTables {
  audit_entries: {
    id: string;
    workspace: string;
    at: number;
    action: string;
    actor_id: string;
    subject_kind: string;
    subject_id: string;
    entry: string;
    leaf_index: number | null;
  };
  audit_tiles: { level: number; position: number; hashes: string };
  audit_heads: { size: number; root_hash: string; checkpoint: string };
}

describe('the audit log', () => {
  it('keeps a row with the change it reports, and none with a change that failed', async (test) => {
    const { sql, audit } = await openLog(test);
    await sql.transaction((tx) =>
      audit.record(tx, context, { action: 'a.b.c', subject: { kind: 'run', id: 'r1' } }),
    );
    await assert.rejects(
      sql.transaction(async (tx) => {
        await audit.record(tx, context, { action: 'a.b.d', subject: { kind: 'run', id: 'r2' } });
        throw new Error('the change failed');
      }),
    );
    const page = await audit.list('default', {}, { limit: 10 });
    assert.deepEqual(
      page.items.map((item) => [item.action, item.subject.id, item.index]),
      [['a.b.c', 'r1', undefined]],
    );
    assert.equal(await audit.seal(), 1);
    assert.equal((await audit.list('default', {}, { limit: 10 })).items[0]?.index, 0);
    assert.deepEqual((await audit.list('other', {}, { limit: 10 })).items, []);
  });

  it('lists newest first, by page and by filter', async (test) => {
    const { audit, record } = await openLog(test);
    await record(5);
    const first = await audit.list('default', {}, { limit: 3 });
    const second = await audit.list('default', {}, { limit: 3, cursor: first.nextCursor });
    const ids = [...first.items, ...second.items].map((item) => item.subject.id);
    assert.deepEqual(ids, ['r4', 'r3', 'r2', 'r1', 'r0']);
    assert.equal(second.nextCursor, undefined);
    const filtered = await audit.list('default', { subjectKind: 'run', subjectId: 'r2' }, { limit: 3 });
    assert.equal(filtered.items.length, 1);
    await assert.rejects(audit.list('default', {}, { limit: 3, cursor: 'nonsense' }), {
      code: 'INVALID_REQUEST',
    });
  });

  it('removes credentials from the details, however deep they are', async (test) => {
    const { sql, audit } = await openLog(test);
    const token = `est_${'a'.repeat(16)}_${'b'.repeat(52)}`;
    await sql.transaction((tx) =>
      audit.record(tx, context, {
        action: 'a.b.c',
        subject: { kind: 'run', id: 'r1' },
        details: { comment: `use ${token}`, list: [{ deep: token }], broken: '\ud800' },
      }),
    );
    const [entry] = (await audit.list('default', {}, { limit: 1 })).items;
    assert.deepEqual(entry?.details, {
      comment: '[credential removed]',
      list: [{ deep: '[credential removed]' }],
      broken: '\ufffd',
    });
  });

  it('verifies when nothing was touched, over many batches and tiles', async (test) => {
    const { audit, record } = await openLog(test);
    for (const count of [1, 2, 300, 520]) {
      await record(count);
      await audit.seal();
    }
    await record(3);
    const verification = await audit.verify();
    assert.deepEqual(verification.problems, []);
    assert.equal(verification.ok, true);
    assert.equal(verification.size, 823);
    assert.equal(verification.unsealed, 3);
    assert.equal(verification.rootHash, (await audit.checkpoint()).rootHash);
  });

  it('proves rows and growth with proofs that verify', async (test) => {
    const { audit, record } = await openLog(test);
    await record(40);
    await audit.seal();
    const old = await audit.checkpoint();
    await record(300);
    await audit.seal();
    const proof = await audit.inclusionProof('default', 33);
    const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'hex'));
    const leafHash = Buffer.from(proof.leafHash, 'hex');
    const root = Buffer.from(proof.rootHash, 'hex');
    assert.ok(isIncluded({ index: 33, size: proof.size, leafHash, proof: hashes, root }));
    const growth = await audit.consistencyProof(old.size, 340);
    assert.equal(growth.fromRootHash, old.rootHash);
    assert.ok(
      isConsistent({
        from: old.size,
        to: 340,
        fromRoot: Buffer.from(growth.fromRootHash, 'hex'),
        toRoot: Buffer.from(growth.toRootHash, 'hex'),
        proof: growth.hashes.map((hash) => Buffer.from(hash, 'hex')),
      }),
    );
    await assert.rejects(audit.inclusionProof('default', 340), { code: 'AUDIT_ENTRY_NOT_FOUND' });
    await assert.rejects(audit.inclusionProof('other', 3), { code: 'AUDIT_ENTRY_NOT_FOUND' });
    await assert.rejects(audit.consistencyProof(10, 341), { code: 'AUDIT_RANGE_INVALID' });
    await assert.rejects(audit.consistencyProof(11, 10), { code: 'AUDIT_RANGE_INVALID' });
  });

  it('fails verification when any bit of any sealed row is flipped, and names the row', async (test) => {
    const { sql, audit, record } = await openLog(test);
    await record(12);
    await audit.seal();
    const columns = [
      'id',
      'workspace',
      'at',
      'action',
      'actor_id',
      'subject_kind',
      'subject_id',
      'entry',
    ] as const;
    await fc.assert(
      fc.asyncProperty(fc.nat(11), fc.constantFrom(...columns), fc.nat(), async (index, column, at) => {
        const row = await rowAt(sql, index);
        const flipped = flipBit(row[column], at);
        await change(sql, (tables) =>
          tables
            .updateTable('audit_entries')
            .set({ [column]: flipped })
            .where('leaf_index', '=', index),
        );
        const { ok, problems } = await audit.verify();
        await change(sql, (tables) =>
          tables
            .updateTable('audit_entries')
            .set({ [column]: row[column] })
            .where('leaf_index', '=', index),
        );
        assert.equal(ok, false);
        assert.equal(problems[0]?.index, index);
      }),
      { numRuns: 100 },
    );
    assert.equal((await audit.verify()).ok, true);
  });

  it('fails verification when a row is dropped, at its place', async (test) => {
    for (const index of [0, 5, 11]) {
      const { sql, audit, record } = await openLog(test);
      await record(12);
      await audit.seal();
      await change(sql, (tables) => tables.deleteFrom('audit_entries').where('leaf_index', '=', index));
      const { ok, problems } = await audit.verify();
      assert.equal(ok, false);
      assert.equal(problems[0]?.index, index);
    }
  });

  it('fails verification when two rows change places, with or without their indices', async (test) => {
    const { sql, audit, record } = await openLog(test);
    await record(12);
    await audit.seal();
    const [a, b] = [await rowAt(sql, 3), await rowAt(sql, 8)];
    await change(sql, (tables) =>
      tables.updateTable('audit_entries').set({ leaf_index: 99 }).where('id', '=', a.id),
    );
    await change(sql, (tables) =>
      tables.updateTable('audit_entries').set({ leaf_index: 3 }).where('id', '=', b.id),
    );
    await change(sql, (tables) =>
      tables.updateTable('audit_entries').set({ leaf_index: 8 }).where('id', '=', a.id),
    );
    assert.deepEqual((await audit.verify()).problems.map((problem) => problem.index).slice(0, 1), [3]);
  });

  it('fails verification when the tree is rewritten together with a row', async (test) => {
    const { sql, audit, record } = await openLog(test);
    const forger = await openLog(test);
    await record(6);
    await audit.seal();
    await forger.record(6);
    await forger.audit.seal();
    const forged = await rowAt(forger.sql, 2);
    const tile = await forger.sql
      .query<TamperTables>()
      .selectFrom('audit_tiles')
      .selectAll()
      .executeTakeFirstOrThrow();
    const own = await sql
      .query<TamperTables>()
      .selectFrom('audit_tiles')
      .selectAll()
      .executeTakeFirstOrThrow();
    const hashes = own.hashes.slice(0, 128) + tile.hashes.slice(128, 192) + own.hashes.slice(192);
    const { leaf_index: _, ...columns } = forged;
    await change(sql, (tables) =>
      tables.updateTable('audit_entries').set(columns).where('leaf_index', '=', 2),
    );
    await change(sql, (tables) => tables.updateTable('audit_tiles').set({ hashes }));
    const { ok, problems } = await audit.verify();
    assert.equal(ok, false);
    assert.match(problems[0]?.problem ?? '', /differ from the head signed at 6/);
    await assert.rejects(audit.inclusionProof('default', 1), { code: 'AUDIT_LOG_BROKEN' });
    await record(1);
    await assert.rejects(audit.seal(), { code: 'AUDIT_LOG_BROKEN' });
  });

  it('fails verification when a head is signed by another key, changed or dropped', async (test) => {
    const { sql, audit, record } = await openLog(test);
    await record(4);
    await audit.seal();
    const head = await sql
      .query<TamperTables>()
      .selectFrom('audit_heads')
      .selectAll()
      .executeTakeFirstOrThrow();
    const foreign = createAuditLog({
      ...auditDeps(),
      sql,
      signingKey: generateKeyPairSync('ed25519').privateKey,
    });
    assert.equal((await foreign.verify()).ok, false);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('root_hash' as const, 'checkpoint' as const),
        fc.nat(),
        async (column, at) => {
          const changed = { [column]: flipBit(head[column], at) };
          await change(sql, (tables) => tables.updateTable('audit_heads').set(changed));
          assert.equal((await audit.verify()).ok, false);
          await change(sql, (tables) => tables.updateTable('audit_heads').set({ [column]: head[column] }));
        },
      ),
      { numRuns: 50 },
    );
    await change(sql, (tables) => tables.deleteFrom('audit_heads'));
    assert.deepEqual(
      (await audit.verify()).problems.map((problem) => problem.problem),
      ['no signed head covers the row'],
    );
  });

  it('shows against a checkpoint kept elsewhere that its end was cut off', async (test) => {
    const { sql, audit, record } = await openLog(test);
    await record(4);
    await audit.seal();
    const early = await audit.checkpoint();
    await record(4);
    await audit.seal();
    const kept = await audit.checkpoint();
    assert.equal((await audit.verify(kept)).ok, true);
    assert.equal((await audit.verify(early)).ok, true);
    assert.equal((await audit.verify({ ...early, rootHash: kept.rootHash })).ok, false);
    await change(sql, (tables) => tables.deleteFrom('audit_entries').where('leaf_index', '>=', 4));
    await change(sql, (tables) => tables.deleteFrom('audit_heads').where('size', '>', 4));
    assert.equal((await audit.verify()).ok, true);
    const { ok, problems } = await audit.verify(kept);
    assert.equal(ok, false);
    assert.equal(problems[0]?.index, 4);
  });

  it('seals each row once however many seal at the same time', async (test) => {
    const { audit, record } = await openLog(test);
    await record(30);
    const counts = await Promise.all([audit.seal(), audit.seal(), audit.seal()]);
    assert.equal(counts[0] + counts[1] + counts[2], 30);
    assert.equal((await audit.verify()).ok, true);
  });

  it('seals what is left when it starts and when it stops', async (test) => {
    const { audit, record } = await openLog(test);
    await record(2);
    await audit.start();
    assert.equal((await audit.verify()).size, 2);
    await record(2);
    await audit.stop();
    assert.equal((await audit.verify()).size, 4);
  });

  it('seals by itself after the commit of a row while it runs', async (test) => {
    const { audit, record } = await openLog(test);
    await audit.start();
    await record(2);
    while ((await audit.verify()).size < 2) await sleep(20);
    await audit.stop();
  });

  it('signs a checkpoint of the empty log, and of the first row as soon as it is asked for', async (test) => {
    const { audit, record } = await openLog(test);
    assert.equal((await audit.checkpoint()).size, 0);
    await record(1);
    const checkpoint = await audit.checkpoint();
    assert.equal(checkpoint.size, 1);
    assert.match(checkpoint.checkpoint, /^esteira\.audit\/[0-9a-f]{16}\n1\n/);
  });
});

function auditDeps() {
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now++ };
  return { clock, ids: createIdGenerator({ clock, random: systemRandom }), logger: silentLogger };
}

async function openLog(test: TestContext) {
  const sql = await openTestDatabase();
  test.after(() => sql.close());
  const audit = createAuditLog({
    ...auditDeps(),
    sql,
    signingKey: generateKeyPairSync('ed25519').privateKey,
  });
  let made = 0;
  async function record(count: number): Promise<void> {
    await sql.transaction(async (tx) => {
      for (let index = 0; index < count; index++) {
        await audit.record(tx, context, {
          action: 'tracking.run.finished',
          subject: { kind: 'run', id: `r${made}` },
          details: { status: 'finished', number: made++ },
        });
      }
    });
  }
  return { sql, audit, record };
}

type Database = Awaited<ReturnType<typeof openTestDatabase>>;
type Tables = ReturnType<typeof tablesOf>;

function tablesOf(sql: Database) {
  return sql.query<TamperTables>();
}

/** What somebody with the database file can do. */
async function change(
  sql: Database,
  edit: (tables: Tables) => { execute(): Promise<unknown> },
): Promise<void> {
  await sql.transaction(async (tx) => {
    await edit(tx.query<TamperTables>()).execute();
  });
}

async function rowAt(sql: Database, index: number) {
  return tablesOf(sql)
    .selectFrom('audit_entries')
    .selectAll()
    .where('leaf_index', '=', index)
    .executeTakeFirstOrThrow();
}

function flipBit(value: string | number, at: number): string | number {
  if (typeof value === 'number') return value + (at % 2 === 0 ? 1 : -1);
  // Seven bits keep the text ASCII, so that the database stores exactly what was flipped; NUL it would not take.
  const bytes = Buffer.from(value);
  const bit = at % (bytes.length * 7);
  const byte = Math.floor(bit / 7);
  const flipped = (bytes[byte] ?? 0) ^ (1 << (bit % 7));
  bytes[byte] = flipped === 0 ? 1 : flipped;
  return bytes.toString();
}
