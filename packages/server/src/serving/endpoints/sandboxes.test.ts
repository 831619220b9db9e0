import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openGovernanceFixture } from '../../governance/governance.fixture.ts';
import { untilEventsSettled } from '../../storage/sql/open-test-database.ts';
import { createServingNews } from '../news.ts';
import { createEndpointsService } from './endpoints-service.ts';
import { createKeysService } from './keys-service.ts';
import { createSandboxes } from './sandboxes.ts';

const dayMs = 24 * 60 * 60 * 1000;
const limits = { maxBodyBytes: 1_000, maxRows: 10, timeoutMs: 100 };

describe('an endpoint in development that is used as production', () => {
  let house: Awaited<ReturnType<typeof openGovernanceFixture>>;
  let endpoints: ReturnType<typeof createEndpointsService>;
  let sandboxes: ReturnType<typeof createSandboxes>;
  let keys: ReturnType<typeof createKeysService>;

  beforeEach(async () => {
    house = await openGovernanceFixture();
    const { sql, audit, events, governance } = house;
    const { clock, ids, random } = house.deps;
    const deps = { sql, clock, ids, random, audit, events, news: createServingNews(sql) };
    endpoints = createEndpointsService({
      ...deps,
      lineage: governance.lineage,
      registry: { findModel: async (_workspace, name) => ({ name }), findVersion: async () => undefined },
      projects: { async reach() {} },
      onFirstEndpoint() {},
    });
    sandboxes = createSandboxes({ ...deps, endpoints });
    keys = createKeysService(deps);
    for (const stage of ['development', 'production'] as const)
      await endpoints.create(house.engineer, { name: stage, project: 'p', stage, model: 'm', limits });
  });
  afterEach(() => house.close());

  const today = (): number => house.deps.clock.now();

  /** So many callers on each of the days that end today. */
  async function use(endpoint: string, days: number, callers: number): Promise<void> {
    for (let back = days - 1; back >= 0; back--) {
      const day = new Date(today() - back * dayMs).toISOString().slice(0, 10);
      const seen = Array.from({ length: callers }, (_, caller) => ({ day, caller: `caller-${caller}` }));
      await sandboxes.count(house.engineer, endpoint, seen);
      await sandboxes.count(house.engineer, endpoint, seen.slice(0, 1));
    }
  }

  async function told(): Promise<readonly (readonly [number, boolean])[]> {
    await untilEventsSettled(house.sql);
    const events = await house.events.recent(house.engineer.workspace, { limit: 100 });
    return events.flatMap((event) =>
      event.type === 'endpoint.overused' ? [[event.payload.busyDays, event.payload.frozen] as const] : [],
    );
  }

  it('is left alone while few ask, however often, and while many ask on few days', async () => {
    await use('development', 14, 2);
    await use('development', 2, 50);
    const { busyDays, frozen } = await sandboxes.use(house.engineer.workspace, 'development');
    assert.deepEqual([busyDays, frozen], [2, null]);
    assert.deepEqual(await told(), []);
  });

  it('is reported at the third busy day, frozen at the seventh, and answers again when an owner raises the limit', async () => {
    await use('development', 7, 3);
    assert.deepEqual(await told(), [
      [3, false],
      [7, true],
    ]);
    const frozen = await endpoints.require(house.engineer.workspace, 'development');
    assert.match(frozen.desired.frozen?.reason ?? '', /3 or more callers on 7 of the last 14 days/);
    const raised = { callersPerDay: 3, reportAfterDays: 5, freezeAfterDays: 10 };
    const use10 = await sandboxes.setLimits(house.engineer, 'development', raised);
    assert.deepEqual([use10.frozen, use10.limits], [null, raised]);
    const again = await endpoints.require(house.engineer.workspace, 'development');
    assert.equal(again.desired.frozen, undefined);
    await use('development', 9, 3);
    assert.equal((await sandboxes.use(house.engineer.workspace, 'development')).frozen, null);
    await use('development', 10, 3);
    assert.notEqual((await sandboxes.use(house.engineer.workspace, 'development')).frozen, null);
  });

  it('is a sandbox alone: in production nobody counts callers', async () => {
    await use('production', 14, 50);
    await assert.rejects(sandboxes.use(house.engineer.workspace, 'production'), { code: 'SANDBOX_ONLY' });
    assert.deepEqual(await told(), []);
  });

  it('has keys that open it and others, lose one after the other, and are replaced with an overlap', async () => {
    const { workspace } = house.engineer;
    const rights = { name: 'app', requestsPerSecond: 5, burst: 10, quotaPerDay: 100 };
    const key = await keys.create(house.engineer, ['development', 'production', 'development'], rights);
    assert.deepEqual(key.endpoints, ['development', 'production']);
    await assert.rejects(keys.create(house.engineer, ['nowhere'], rights), { code: 'ENDPOINT_NOT_FOUND' });
    const next = await keys.rotate(house.engineer, key.id, { overlapSeconds: 60 });
    assert.notEqual(next.key, key.key);
    assert.deepEqual(
      [next.replacesId, next.quotaPerDay, next.expiresAt, next.endpoints],
      [key.id, 100, null, key.endpoints],
    );
    const [old] = await keys.list(workspace, { endpoint: 'development' });
    assert.equal(old?.expiresAt, today() + 60_000);
    await keys.revoke(house.engineer, next.id, 'development');
    assert.deepEqual(
      (await keys.list(workspace, { endpoint: 'production' })).map(({ id, endpoint }) => [id, endpoint]),
      [
        [key.id, 'development'],
        [next.id, 'production'],
      ],
    );
    await keys.revoke(house.engineer, next.id, 'production');
    await assert.rejects(keys.revoke(house.engineer, next.id), { code: 'INFERENCE_KEY_NOT_FOUND' });
    assert.ok(!JSON.stringify(await keys.list(workspace, {})).includes('sha256:'));
  });
});
