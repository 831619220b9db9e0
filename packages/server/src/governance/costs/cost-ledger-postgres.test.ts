import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestContext } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { createReplicatedPostgres } from '../../storage/sql/postgres/migrated-postgres.fixture.ts';
import { dayOf } from './cost-estimate.ts';
import { createCostLedger } from './cost-ledger.ts';
import { insertAllowance } from './cost-store.ts';

const context: RequestContext = {
  workspace: 'ws',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: [], permissions: new Set() },
  requestId: 'req_1',
};

test('what may still be spent is exact on every replica, whoever spends and consents at the same time', async () => {
  const noon = Date.UTC(2026, 0, 1, 12);
  const clock = { now: () => noon };
  const { open, drop } = await createReplicatedPostgres();
  const replicas = await Promise.all(
    [0, 1, 2].map(async () => {
      const sql = await open();
      const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
      const rates = { currency: 'USD', pricePerCpuHour: 1, pricePerGigabyteMonth: 0 };
      return { sql, ledger: createCostLedger({ sql, clock, ids, rates, thresholdPerDay: 50 }) };
    }),
  );
  await Promise.all(
    replicas.flatMap(({ sql, ledger }, replica) => [
      ...Array.from({ length: 20 }, () =>
        sql.transaction((tx) =>
          ledger.record(tx, context, {
            kind: 'training',
            project: 'flights',
            subject: { kind: 'run', id: 'run_1' },
            cpuSeconds: 3600,
          }),
        ),
      ),
      // The same consent applied by all of them counts once.
      ...['chg_1', 'chg_2'].map((change_id) =>
        sql.transaction((tx) =>
          insertAllowance(tx, {
            change_id,
            workspace: 'ws',
            project: 'flights',
            day: dayOf(noon),
            amount: 10,
            at: noon + replica,
          }),
        ),
      ),
    ]),
  );
  for (const { ledger } of replicas) assert.equal(await ledger.remaining('ws', 'flights'), 50 + 20 - 60);
  await drop();
});
