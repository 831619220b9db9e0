import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { NewProject, type Permission, ProjectPatch } from '@esteira/contracts';
import { createAuditLog, createGovernance, loadDefaultPack } from '../governance/index.ts';
import { createJobQueue } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { createProjects } from './index.ts';

const record = {
  name: 'flight-delays',
  title: 'Flight delays',
  problem: 'Passengers hear too late that their flight will be late.',
  successMetric: { name: 'pr_auc', direction: 'maximize', margin: 0.005, baseline: 'logistic' },
  sla: { p95Ms: 20 },
  riskClass: 'limited',
  sensitiveAttributes: ['origin_region'],
} as const;

describe('a project', () => {
  it('keeps every earlier record, with the time from which it stood', async () => {
    const { projects, context, time, close } = await open();
    await projects.create(context, NewProject.parse(record));
    time.now += 1000;
    const lower = { successMetric: { ...record.successMetric, margin: 0 } };
    const updated = await projects.update(context, 'flight-delays', ProjectPatch.parse(lower));
    assert.equal(updated.revision, 2);
    assert.equal(await projects.recordAt('ws_1', 'flight-delays', 999_999), undefined);
    const at = async (moment: number) =>
      (await projects.recordAt('ws_1', 'flight-delays', moment))?.successMetric.margin;
    assert.deepEqual([await at(1_000_000), await at(1_000_999), await at(1_001_000)], [0.005, 0.005, 0]);
    const history = await projects.history('ws_1', 'flight-delays');
    assert.deepEqual(
      history.map((entry) => [entry.revision, entry.actor]),
      [
        [2, 'usr_ana'],
        [1, 'usr_ana'],
      ],
    );
    await close();
  });

  it('cannot have its margin edited after a run and still pass the gate', async () => {
    const room = await open();
    const { projects, context, time, close } = room;
    await projects.create(context, NewProject.parse(record));
    const startedAt = time.now + 10;
    time.now += 1000;
    assert.equal(await judgeT05(room, startedAt), 'pass');
    const lower = { successMetric: { ...record.successMetric, margin: 0 } };
    await projects.update(context, 'flight-delays', ProjectPatch.parse(lower));
    assert.equal(await judgeT05(room, startedAt), 'fail');
    assert.equal(await judgeT05(room, startedAt + 2000), 'pass', 'a run after the edit');
    await close();
  });

  it('edited twice in one moment has two moments all the same', async () => {
    const { projects, context, close } = await open();
    await projects.create(context, NewProject.parse(record));
    await projects.update(context, 'flight-delays', { title: 'A' });
    await projects.update(context, 'flight-delays', { title: 'B' });
    const times = (await projects.history('ws_1', 'flight-delays')).map((entry) => entry.at);
    assert.deepEqual(times, [1_000_002, 1_000_001, 1_000_000]);
    await close();
  });

  it('is refused where its record contradicts itself', async () => {
    const { projects, context, close } = await open();
    const invalid = { code: 'PROJECT_INVALID' };
    const wrong = { ...record, successMetric: { ...record.successMetric, name: 'log_loss' as const } };
    await assert.rejects(projects.create(context, NewProject.parse(wrong)), invalid);
    await assert.rejects(
      projects.create(context, NewProject.parse({ ...record, sensitiveAttributes: [] })),
      invalid,
    );
    await projects.create(context, NewProject.parse(record));
    await assert.rejects(projects.create(context, NewProject.parse(record)), { code: 'PROJECT_EXISTS' });
    await assert.rejects(projects.update(context, 'flight-delays', { sensitiveAttributes: [] }), invalid);
    await assert.rejects(projects.update(context, 'other', { title: 'x' }), { code: 'PROJECT_NOT_FOUND' });
    await close();
  });

  it('is written only by those who may, and read only in its workspace', async () => {
    const { projects, context, close } = await open();
    const viewer = {
      ...context,
      actor: { ...context.actor, permissions: new Set<Permission>(['projects:read']) },
    };
    await assert.rejects(projects.create(viewer, NewProject.parse(record)), { code: 'FORBIDDEN' });
    await projects.create(context, NewProject.parse(record));
    assert.equal(await projects.find('ws_2', 'flight-delays'), undefined);
    await assert.rejects(projects.get('ws_2', 'flight-delays'), { code: 'PROJECT_NOT_FOUND' });
    await close();
  });

  it('shows how far it has come in the life cycle', async () => {
    const { projects, context, sql, time, close } = await open();
    await projects.create(context, NewProject.parse(record));
    for (const id of ['dsv_1', 'dsv_2']) {
      time.now += 10;
      await sql.transaction((tx) =>
        projects.reach(tx, context, 'flight-delays', 'data', { kind: 'dataset-version', id }),
      );
    }
    await sql.transaction((tx) =>
      projects.reach(tx, context, 'no-project', 'data', { kind: 'run', id: 'r' }),
    );
    const { lifecycle } = await projects.get('ws_1', 'flight-delays');
    assert.equal(lifecycle.length, 10);
    assert.deepEqual(lifecycle[1], {
      stage: 'data',
      firstAt: 1_000_010,
      lastAt: 1_000_020,
      times: 2,
      node: { kind: 'dataset-version', id: 'dsv_2' },
    });
    assert.deepEqual(
      lifecycle.filter(({ times }) => times > 0).map(({ stage }) => stage),
      ['problem', 'data'],
    );
    await close();
  });

  it('is listed page by page, newest first', async () => {
    const { projects, context, time, close } = await open();
    for (const name of ['a', 'b', 'c']) {
      await projects.create(context, NewProject.parse({ ...record, name }));
      if (name === 'b') time.now += 1;
    }
    const first = await projects.list('ws_1', { limit: 2 });
    assert.deepEqual(
      first.items.map(({ name }) => name),
      ['c', 'a'],
    );
    const rest = await projects.list('ws_1', { limit: 2, cursor: first.nextCursor });
    assert.deepEqual([rest.items.map(({ name }) => name), rest.nextCursor], [['b'], undefined]);
    await assert.rejects(projects.list('ws_1', { limit: 2, cursor: 'x' }), { code: 'INVALID_REQUEST' });
    await close();
  });

  it('estimates its return from what is on record', async () => {
    const { projects, context, close } = await open();
    await projects.create(context, NewProject.parse(record));
    const model = { precision: 0.5, recall: 0.5 };
    await assert.rejects(projects.estimateRoi('ws_1', 'flight-delays', model), { code: 'PROJECT_INVALID' });
    const roi = { casesPerMonth: 100, positiveShare: 0.2, valueOfCatch: 10, costOfFalseAlarm: 1 };
    await projects.update(context, 'flight-delays', ProjectPatch.parse({ roi }));
    assert.equal((await projects.estimateRoi('ws_1', 'flight-delays', model)).valuePerMonth, 90);
    await close();
  });
});

async function open() {
  const time = { now: 1_000_000 };
  const clock = { now: () => time.now };
  const sql = await openTestDatabase();
  const ids = createIdGenerator({ clock, random: systemRandom });
  const signingKey = generateKeyPairSync('ed25519').privateKey;
  const shared = { sql, database: sql, clock, ids, random: systemRandom, logger: silentLogger };
  const audit = createAuditLog({ ...shared, signingKey });
  const events = createEventBus(shared);
  const context: RequestContext = {
    workspace: 'ws_1',
    actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: [], permissions: new Set(['projects:write']) },
    requestId: 'req_1',
  };
  const deps = { ...shared, audit, events };
  const projects = createProjects(deps);
  return { deps, projects, context, sql, time, close: () => sql.close() };
}

type Room = Awaited<ReturnType<typeof open>>;

/** Judges T05 of the default pack on the real evidence of the project and a run of this start. */
async function judgeT05({ deps, projects, context }: Room, startedAt: number): Promise<string | undefined> {
  const governance = createGovernance({
    ...deps,
    jobs: createJobQueue({ ...deps, installationId: 'inst_1', resolveActor: async () => context.actor }),
    pack: await loadDefaultPack(),
    rates: { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 },
  });
  for (const reader of projects.evidenceReaders) governance.evidence.register(reader);
  governance.evidence.register({ name: 'run', read: async () => ({ id: 'run_1', startedAt }) });
  governance.evidence.register({ name: 'version', read: async () => ({ runId: 'run_1' }) });
  const subject = {
    kind: 'deployment',
    project: 'flight-delays',
    model: 'm',
    modelVersionId: 'mv_1',
    endpoint: 'e',
    stage: 'staging',
  } as const;
  const report = await governance.policies.evaluate(context, subject, 'plan');
  return report.rules.find(({ id }) => id === 'T05')?.verdict;
}
