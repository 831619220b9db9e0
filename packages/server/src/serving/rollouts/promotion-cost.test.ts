import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RolloutPlan } from '@esteira/contracts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import { addTraffic } from '../predictions/traffic-store.ts';
import { insertReport } from '../trials/report-store.ts';
import { promotionCost, rolloutRows } from './promotion-cost.ts';

const day = 86_400_000;
const now = 20_000 * day + 5 * 3_600_000;
const costRates = { currency: 'USD', pricePerCpuHour: 3.6, pricePerGigabyteMonth: 0 };
const version = { id: 'mv_1', bytes: 1000 };
const rollout = RolloutPlan.parse({ shadowRequests: 100, canaryShares: [0.1, 0.5], requestsPerStep: 50 });

test('a version is asked by the copies and by its share of every step before it has all traffic', () => {
  assert.equal(rolloutRows(rollout), 200);
});

test('costs what the busiest day of the last week would, at the CPU time that was measured', async () => {
  const sql = await openTestDatabase();
  const deps = { sql, clock: { now: () => now }, costRates };
  const cost = () => promotionCost(deps, 'ws_1', 'flights', version, rollout);
  const traffic = (minute: number, arm: string, rows: number) =>
    sql.transaction((tx) =>
      addTraffic(tx, 'ws_1', {
        endpoint: 'flights',
        minute,
        arm,
        predictor: 'mv_0',
        status: 'ok',
        rows,
        latency: {},
      }),
    );
  assert.equal((await cost()).cpuSeconds, 86_400);
  const document = { id: 'bm_1', at: now, cpuMsPerRequest: 2 };
  await sql.transaction((tx) =>
    insertReport(tx, 'ws_1', { kind: 'benchmark', endpoint: 'flights', modelVersionId: 'mv_1', document }),
  );
  assert.equal((await cost()).cpuSeconds, 0.4);
  await traffic(now - 3_600_000, 'primary', 300);
  await traffic(now - 3_600_000, 'shadow', 5000);
  assert.equal((await cost()).cpuSeconds, 1);
  await traffic(now - 2 * day, 'primary', 700);
  await traffic(now - 2 * day + 60_000, 'canary', 100);
  await traffic(now - 3 * day, 'primary', 500);
  await traffic(now - 9 * day, 'primary', 1e6);
  await traffic(now - 120_000, 'primary', 1e6);
  const { cpuSeconds, amount } = await cost();
  assert.equal(cpuSeconds, 2);
  assert.ok(Math.abs(amount - 0.002) < 1e-12);
  await sql.close();
});
