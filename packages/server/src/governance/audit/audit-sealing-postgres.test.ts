import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../kernel/clock.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { createLeases, type Leases } from '../../storage/sql/lease.ts';
import { createReplicatedPostgres } from '../../storage/sql/postgres/migrated-postgres.fixture.ts';
import { systemActor } from '../identity/principal.ts';
import { createAuditLog } from './audit-log.ts';

const context = { workspace: 'default', actor: systemActor, requestId: 'req_1' };

describe('the audit log of several processes on one database', () => {
  let shared: Awaited<ReturnType<typeof createReplicatedPostgres>>;
  const { privateKey: signingKey } = generateKeyPairSync('ed25519');
  before(async () => {
    shared = await createReplicatedPostgres();
  });
  after(() => shared.drop());

  async function makeReplica(leases?: (sql: Awaited<ReturnType<typeof shared.open>>) => Leases) {
    const sql = await shared.open();
    const held = leases?.(sql);
    const audit = createAuditLog({
      sql,
      clock: systemClock,
      ids: createIdGenerator({ clock: systemClock, random: systemRandom }),
      logger: silentLogger,
      signingKey,
      ...(held === undefined ? {} : { leases: held }),
    });
    const record = (id: string) =>
      sql.transaction((tx) =>
        audit.record(tx, context, { action: 'run.start', subject: { kind: 'run', id } }),
      );
    return { sql, audit, record, leases: held };
  }

  it('is never forked by sealers that race', async () => {
    const replicas = await Promise.all([makeReplica(), makeReplica(), makeReplica()]);
    const rows = 60;
    let sealed = 0;
    await Promise.all(
      replicas.map(async ({ audit, record }, replica) => {
        for (let row = 0; row < rows; row++) {
          const [, count] = await Promise.all([record(`r${replica}-${row}`), audit.seal()]);
          sealed += count;
        }
        // The sum is read after waiting: others add to it meanwhile.
        const last = await audit.seal();
        sealed += last;
      }),
    );
    assert.equal(sealed, replicas.length * rows);
    for (const { audit } of replicas) {
      const verification = await audit.verify();
      assert.deepEqual([verification.ok, verification.size], [true, replicas.length * rows]);
      await audit.consistencyProof(1, verification.size);
    }
  });

  it('is sealed within a second by one of them, and by another when that one dies', async () => {
    const leasesOf = (owner: string) => (database: Awaited<ReturnType<typeof shared.open>>) =>
      createLeases({
        database,
        clock: systemClock,
        logger: silentLogger,
        owner,
        timing: { lease: 300, renew: 100, poll: 20 },
      });
    const first = await makeReplica(leasesOf('rep_a:1'));
    const second = await makeReplica(leasesOf('rep_b:1'));
    await first.audit.start();
    await second.audit.start();
    const sealedWithin = async (replica: typeof first, ms: number) => {
      const limit = performance.now() + ms;
      while (performance.now() < limit) {
        const [newest] = (await replica.audit.list('default', {}, { limit: 1 })).items;
        if (newest?.index !== undefined) return true;
        await sleep(10);
      }
      return false;
    };
    await second.record('told-by-the-other');
    assert.ok(await sealedWithin(second, 10_000));
    // Its sessions are gone, as those of a killed process; nothing is given back.
    await first.sql.close();
    await second.record('after-a-death');
    assert.ok(await sealedWithin(second, 10_000));
    assert.equal((await second.audit.verify()).ok, true);
    await second.audit.stop();
    await second.leases?.stop();
    await first.leases?.stop();
  });
});
