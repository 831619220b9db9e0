import { generateKeyPairSync } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { createJobQueue } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { createEventBus } from '../../storage/events/event-bus.ts';
import { openSqliteDatabase } from '../../storage/sql/sqlite/open-sqlite-database.ts';
import { createAuditLog } from '../audit/audit-log.ts';
import { createGovernance } from '../governance.ts';
import { systemActor } from '../identity/principal.ts';
import { loadDefaultPack } from '../policies/policy-pack.ts';

export const system: RequestContext = { workspace: 'ws_1', actor: systemActor, requestId: 'req_1' };

/**
 * Governance on a migrated database file, with a change of three steps that writes what it does into a journal beside it. `hang`
 * names the call that never returns. For tests that kill the process.
 */
export async function openOnFile(path: string, hang: string | undefined) {
  const sql = openSqliteDatabase({ path });
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const shared = { sql, database: sql, clock: systemClock, ids, random: systemRandom, logger: silentLogger };
  const events = createEventBus(shared);
  const audit = createAuditLog({ ...shared, signingKey: generateKeyPairSync('ed25519').privateKey });
  const jobs = createJobQueue({
    ...shared,
    events,
    installationId: 'inst_1',
    resolveActor: async () => systemActor,
    timing: { poll: 20 },
  });
  const governance = createGovernance({
    ...shared,
    audit,
    events,
    jobs,
    pack: await loadDefaultPack(),
    rates: { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 },
  });

  async function did(what: string): Promise<void> {
    await appendFile(`${path}.journal`, `${what}\n`);
    if (what !== hang) return;
    process.stdout.write('hanging');
    await new Promise(() => setInterval(() => {}, 60_000));
  }

  governance.changes.registerKind({
    kind: 'test.journal',
    subject: z.strictObject({ sound: z.boolean() }),
    inspect: async () => ({ current: null }),
    plan: async () => ({
      steps: ['one', 'two', 'three'].map((name) => ({ name, title: name, details: null })),
      cost: { cpuSeconds: 0, storageBytes: 0, amount: 0, currency: 'USD' },
      blastRadius: 'a journal',
      approvalsRequired: 0,
    }),
    async applyStep({ step }) {
      await did(step.name);
      return step.name;
    },
    async verify(_context, { subject }) {
      await did('verify');
      return [{ name: 'sound', expected: true, measured: subject.sound, ok: subject.sound }];
    },
    async rollBack() {
      await did('roll back');
      return null;
    },
  });

  return {
    changes: governance.changes,
    jobs,
    journal: async () => (await readFile(`${path}.journal`, 'utf8')).trimEnd().split('\n'),
    async close() {
      await jobs.stop();
      await sql.close();
    },
  };
}
