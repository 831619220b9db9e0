import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type BenchmarkReport,
  type Endpoint,
  type EndpointAnswer,
  type FallbackDrillReport,
  type InferenceKey,
  type IntegrationTestReport,
  type QuestionForm,
  type RollbackDrillReport,
  type Rollout,
  rolePermissions,
} from '@esteira/contracts';
import { ask, sendTraffic } from './inference-traffic.fixture.ts';
import { ana, openServingFixture } from './serving.fixture.ts';

type Fixture = Awaited<ReturnType<typeof openServingFixture>>;

describe('an endpoint, from its first version to a rollback, on a real model server', () => {
  let fixture: Fixture;
  let url = '';
  let key = '';
  const versions: string[] = [];

  before(async () => {
    fixture = await openServingFixture();
    versions.push((await fixture.registerVersion(1)).id);
    await fixture.serving.start();
  });
  after(() => fixture.close());

  const target = () => ({ url, endpoint: 'late-flights', key });
  const served = () => fixture.call<Endpoint>('serving.endpoint', { params: { name: 'late-flights' } });

  it('answers nothing before a version was promoted', async () => {
    await fixture.call('serving.createEndpoint', {
      body: { name: 'late-flights', project: 'flights', stage: 'development', model: 'delays' },
    });
    const made = await fixture.call<InferenceKey & { key: string }>('serving.createKey', {
      params: { name: 'late-flights' },
      body: { name: 'test', requestsPerSecond: 100_000, burst: 100_000 },
    });
    key = made.key;
    const keys = await fixture.call<{ items: InferenceKey[] }>('serving.keys', {
      params: { name: 'late-flights' },
    });
    assert.equal(JSON.stringify(keys).includes(key), false);
    for (let tries = 0; url === '' && tries < 200; tries++) {
      const shown = await served();
      if (shown.served?.ready && shown.served.revision === shown.revision) url = shown.served.httpUrl;
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.notEqual(url, '');
    const answer = await until(
      () => ask(target(), { data: [1, 2, 3] }),
      (got) => got.status !== 401,
    );
    assert.equal(answer.status, 503);
    assert.equal(answer.body.code, 'MODEL_NOT_READY');
  });

  it('takes a first version of a development endpoint without a comparison, and proves it live', async () => {
    const done = await fixture.change('serving.promote', {
      endpoint: 'late-flights',
      modelVersionId: versions[0],
    });
    assert.equal(done.state, 'succeeded', JSON.stringify(done));
    assert.deepEqual(
      done.steps.map((step) => step.name),
      ['prepare', 'full-traffic'],
    );
    assert.ok(done.verification?.every((check) => check.ok));
    assert.ok(done.verification?.some(({ name }) => name === 'stored examples are answered as stored'));
    const answer = await ask(target(), { data: [1, 2, 3] });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.model_version, '1');
  });

  it('is asked without a key by the columns of its form, and logs that as a question of the platform', async () => {
    const params = { name: 'late-flights' };
    const form = await fixture.call<QuestionForm>('serving.questionForm', { params });
    assert.equal(form.modelVersionId, versions[0]);
    assert.deepEqual(
      form.columns.map(({ name, type }) => [name, type]),
      [
        ['distance', 'number'],
        ['hour', 'number'],
        ['wind', 'number'],
      ],
    );
    const row = Object.fromEntries(form.columns.map(({ name, example }) => [name, example]));
    const answer = await fixture.call<EndpointAnswer>('serving.ask', { params, body: { rows: [row] } });
    assert.deepEqual(
      [answer.status, answer.version, answer.arm, answer.error, answer.predictions.length],
      [200, '1', 'primary', null, 1],
    );
    const [predictionId = ''] = answer.predictionIds;
    const search = async (query: object) =>
      (await fixture.call<{ items: Record<string, unknown>[] }>('serving.predictions', { params, query }))
        .items;
    const logged = await until(
      () => search({ predictionId }),
      (rows) => rows.length > 0,
    );
    assert.deepEqual([logged[0]?.arm, logged[0]?.f_distance], ['probe', row.distance]);
    assert.ok((await search({})).every(({ prediction_id }) => prediction_id !== predictionId));
  });

  it('says in the words of the model server what is wrong with a question', async () => {
    const params = { name: 'late-flights' };
    const { status, error, predictions } = await fixture.call<EndpointAnswer>('serving.ask', {
      params,
      body: { rows: [{ distance: 'far', hour: 1, wind: 1 }] },
    });
    assert.deepEqual([status, error?.code, predictions], [400, 'INVALID_INFERENCE_REQUEST', []]);
    assert.match(error?.message ?? '', /distance/);
    const many = Array.from({ length: 21 }, () => ({ distance: 1, hour: 1, wind: 1 }));
    await assert.rejects(fixture.call('serving.ask', { params, body: { rows: many } }));
  });

  it('is asked by data scientists in development alone', async () => {
    const scientist = {
      ...ana,
      actor: { ...ana.actor, permissions: new Set(rolePermissions['data-scientist']) },
    };
    const body = { rows: [{ distance: 1, hour: 1, wind: 1 }] };
    const askAs = (name: string) =>
      fixture.call<EndpointAnswer>('serving.ask', { params: { name }, body }, scientist);
    assert.equal((await askAs('late-flights')).status, 200);
    await fixture.call('serving.createEndpoint', {
      body: { name: 'staged-flights', project: 'flights', stage: 'staging', model: 'delays' },
    });
    await assert.rejects(askAs('staged-flights'), { code: 'FORBIDDEN' });
  });

  it('reads the columns of entities from the feature store, and logs where they came from', async () => {
    fixture.flights.set('near', [1, 2, 3]);
    const answer = await fetch(`${url}/predict/late-flights`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ entities: [{ flight: 'near' }] }),
    });
    const body = (await answer.json()) as { predictionIds: string[]; features: object[] };
    assert.equal(answer.status, 200, JSON.stringify(body));
    const logged = await until(
      () =>
        fixture.call<{ items: Record<string, unknown>[] }>('serving.predictions', {
          params: { name: 'late-flights' },
          query: { limit: 50 },
        }),
      ({ items }) => items.some(({ prediction_id }) => prediction_id === body.predictionIds[0]),
    );
    const row = logged.items.find(({ prediction_id }) => prediction_id === body.predictionIds[0]);
    assert.deepEqual([row?.entity_key, row?.f_distance, row?.f_wind], ['near', 1, 3]);
    assert.deepEqual(JSON.parse(String(row?.online_features)), body.features[0]);
  });

  it('answers the stored examples in the serving runtime as the evaluation did', async () => {
    const report = await fixture.call<IntegrationTestReport>('serving.integrationTests', {
      params: { id: versions[0] },
    });
    assert.deepEqual([report.passed, report.failed, report.examplesFrom], [20, 0, 'test-split']);
  });

  it('is measured alone, the cold request included', async () => {
    const report = await fixture.call<BenchmarkReport>('serving.benchmark', {
      params: { name: 'late-flights' },
      body: { modelVersionId: versions[0], ratePerSecond: 100, seconds: 3, maxRatePerSecond: 200 },
    });
    assert.deepEqual([report.requests, report.errors, report.errorsByKind], [301, 0, {}]);
    assert.ok(report.throughputPerSecond > 0 && report.maxMs >= report.p99Ms);
    assert.ok(report.coldMs > 0 && report.p50Ms <= report.p95Ms && report.p95Ms <= report.p99Ms);
    assert.ok(report.peakMemoryBytes > 10_000_000 && report.cpuMsPerRequest > 0);
  });

  it('survives a drill that kills its model: the fallback answers and says so', async () => {
    await fixture.call('serving.setFallback', {
      params: { name: 'late-flights' },
      body: { kind: 'rule', rule: { kind: 'constant', score: 0.25 } },
    });
    const report = await fixture.call<FallbackDrillReport>('serving.fallbackDrill', {
      params: { name: 'late-flights' },
      body: {},
    });
    assert.deepEqual(
      report.answers.map((answer) => [answer.fault, answer.status, answer.fallback, answer.reason]),
      [
        ['none', 200, false, ''],
        ['kill', 200, true, 'MODEL_FAILED'],
        ['timeout', 200, true, 'MODEL_TIMED_OUT'],
      ],
    );
    assert.ok(report.killed && report.passed);
    const evidence = await evidenceOf(fixture, 'fallback', versions[0]);
    assert.deepEqual(
      { ...evidence, exercisedAt: 0 },
      {
        endpoint: 'late-flights',
        kind: 'rule',
        modelVersionId: null,
        exercisedAt: 0,
        passed: true,
        killed: true,
      },
    );
  });

  it('replaces the version under traffic: copies first, then a canary, then all of it', async () => {
    versions.push((await fixture.registerVersion(1.15)).id);
    const traffic = new AbortController();
    const sending = sendTraffic({ ...target(), requests: 100_000, signal: traffic.signal });
    const done = await fixture.change('serving.promote', {
      endpoint: 'late-flights',
      modelVersionId: versions[1],
      rollout: { shadowRequests: 100, canaryShares: [0.3], requestsPerStep: 60, maxMinutes: 15 },
    });
    traffic.abort();
    const { arms, statuses } = await sending;
    assert.equal(done.state, 'succeeded', JSON.stringify(done.steps));
    assert.deepEqual(
      done.steps.map((step) => step.name),
      ['prepare', 'shadow', 'canary-30', 'full-traffic'],
    );
    assert.deepEqual(Object.keys(statuses), ['200']);
    assert.ok((arms.canary ?? 0) >= 60);
    const rollout = await fixture.call<Rollout>('serving.rollout', { params: { changeId: done.id } });
    assert.deepEqual(
      rollout.comparisons.map((comparison) => [comparison.step, comparison.verdict]),
      [
        ['shadow', 'promote'],
        ['canary-30', 'promote'],
      ],
    );
    assert.equal(rollout.outcome, 'promote');
    assert.equal((await ask(target(), { data: [1, 2, 3] })).body.model_version, '2');
  });

  it('keeps one row in the log for every row answered, errors included', async () => {
    const wrong = await ask(target(), { data: [1, 2] });
    assert.equal(wrong.status, 400);
    const log = await evidenceOf(fixture, 'predictionLog', versions[1]);
    assert.ok(Number(log?.served) > 160);
    assert.equal(log?.logged, log?.served);
    const { from } = await fixture.serving.predictions.open(ana.workspace, 'late-flights', {});
    const [row] = await fixture.tables.query(
      `select count(*) filter (status = 'invalid') as invalid, count(distinct arm) as arms, count(f_distance) as features, count(distinct prediction_id || arm) = count(*) as distinct_ids from ${from}`,
    );
    assert.deepEqual([row?.invalid, row?.arms, row?.distinct_ids], [1, 3, true]);
    assert.ok(Number(row?.features) > 160);
    const traffic = await fixture.call<{ items: { arms: { arm: string; p95Ms: number | null }[] }[] }>(
      'serving.traffic',
      { params: { name: 'late-flights' } },
    );
    assert.ok(
      traffic.items.some((minute) => minute.arms.some((arm) => arm.arm === 'canary' && arm.p95Ms !== null)),
    );
  });

  it('finds a prediction in the log by the id of its row or request, and by its entity', async () => {
    const { body } = await ask(target(), {
      data: [4, 5, 6],
      parameters: { entity_key: "flight o'clock" },
    });
    const id = String(body.parameters?.prediction_id);
    const search = async (query: Record<string, unknown>) =>
      (
        await fixture.call<{ items: Record<string, unknown>[] }>('serving.predictions', {
          params: { name: 'late-flights' },
          query,
        })
      ).items.map((row) => [row.prediction_id, row.f_distance, row.arm, row.model_version_id]);
    const found = await until(
      () => search({ predictionId: id }),
      (rows) => rows.length > 0,
    );
    assert.deepEqual(found, [[`${id}-0`, 4, 'primary', versions[1]]]);
    assert.deepEqual(await search({ predictionId: `${id}-0` }), found);
    assert.deepEqual(await search({ entityKey: "flight o'clock" }), found);
    assert.deepEqual(await search({ predictionId: `${id}-1` }), []);
    assert.deepEqual(await search({ predictionId: id, to: 1 }), []);
  });

  it('practises the way back on a twin and times it', async () => {
    const report = await fixture.call<RollbackDrillReport>('serving.rollbackDrill', {
      params: { name: 'late-flights' },
      body: {},
    });
    assert.ok(report.succeeded, report.steps.join('; '));
    assert.equal(report.candidateAnswersAfter, 0);
    assert.ok(report.durationMs > 0);
    const evidence = await evidenceOf(fixture, 'rollbackDrill', versions[1]);
    assert.equal(evidence?.succeeded, true);
  });

  it('rolls back to the version before, and no answer comes from the other one', async () => {
    const done = await fixture.change('serving.rollback', { endpoint: 'late-flights' });
    assert.equal(done.state, 'succeeded', JSON.stringify(done));
    const { versions: answered } = await sendTraffic({ ...target(), requests: 30 });
    assert.deepEqual(answered, { '1': 30 });
  });

  it('takes a rollout back whose candidate fails, and answers as before', async () => {
    versions.push((await fixture.registerVersion(1, 0.8)).id);
    const traffic = new AbortController();
    const sending = sendTraffic({ ...target(), requests: 100_000, signal: traffic.signal });
    // How long the machine takes for so many answers is not known; without them nothing can be said of their scores.
    let rollout: Rollout | undefined;
    for (const maxMinutes of [0.1, 0.5, 2, 5]) {
      const done = await fixture.change('serving.promote', {
        endpoint: 'late-flights',
        modelVersionId: versions[2],
        rollout: { shadowRequests: 60, canaryShares: [], requestsPerStep: 60, maxMinutes },
      });
      assert.equal(done.state, 'rolled-back', JSON.stringify(done.steps));
      rollout = await fixture.call<Rollout>('serving.rollout', { params: { changeId: done.id } });
      assert.equal(rollout.outcome, 'inconclusive');
      if (rollout.comparisons.length > 0) break;
    }
    traffic.abort();
    await sending;
    assert.match(rollout?.comparisons[0]?.reasons.join() ?? '', /scores shifted/);
    assert.equal((await ask(target(), { data: [1, 2, 3] })).body.model_version, '1');
  });

  it('goes on with a rollout that was cut off, from where it was', async () => {
    const traffic = new AbortController();
    const sending = sendTraffic({ ...target(), requests: 100_000, signal: traffic.signal });
    const planned = await fixture.governance.changes.request(ana, {
      kind: 'serving.promote',
      subject: {
        endpoint: 'late-flights',
        modelVersionId: versions[1] ?? '',
        rollout: { shadowRequests: 300, canaryShares: [], maxMinutes: 15 },
      },
    });
    await fixture.governance.changes.apply(ana, planned.id);
    const begun = await until(
      () =>
        fixture.call<Rollout>('serving.rollout', { params: { changeId: planned.id } }).catch(() => undefined),
      (rollout) => rollout !== undefined,
    );
    await fixture.restartJobs();
    const done = await fixture.governance.changes.wait(ana.workspace, planned.id);
    traffic.abort();
    await sending;
    assert.equal(done.state, 'succeeded', JSON.stringify(done.steps));
    const rollout = await fixture.call<Rollout>('serving.rollout', { params: { changeId: planned.id } });
    assert.equal(rollout.startedAt, begun?.startedAt);
    assert.equal((await ask(target(), { data: [1, 2, 3] })).body.model_version, '2');
  });

  it('compares a version with the rule when a rule answers', async () => {
    const endpoint = await served();
    const name = 'ruled';
    await fixture.call('serving.createEndpoint', {
      body: { name, project: 'flights', stage: 'development', model: 'delays' },
    });
    await fixture.call('serving.setFallback', {
      params: { name },
      body: { kind: 'rule', rule: { kind: 'feature', feature: 'wind', whenMissing: 0.5, scale: 0.1 } },
    });
    const made = await fixture.call<InferenceKey & { key: string }>('serving.createKey', {
      params: { name },
      body: { name: 'test', requestsPerSecond: 1e5, burst: 1e5 },
    });
    const first = await fixture.change('serving.promote', { endpoint: name, modelVersionId: versions[0] });
    assert.equal(first.state, 'succeeded');
    const back = await fixture.change('serving.rollback', { endpoint: name });
    assert.equal(back.state, 'succeeded', JSON.stringify(back));
    const ruled = { url: endpoint.served?.httpUrl ?? '', endpoint: name, key: made.key };
    const answer = await ask(ruled, { data: [1, 2, 7] });
    assert.deepEqual(
      [answer.status, answer.body.model_version, answer.body.parameters?.fallback],
      [200, undefined, undefined],
    );
    const traffic = new AbortController();
    const sending = sendTraffic({ ...ruled, requests: 100_000, signal: traffic.signal });
    const again = await fixture.change('serving.promote', {
      endpoint: name,
      modelVersionId: versions[1],
      rollout: { shadowRequests: 50, canaryShares: [0.5], requestsPerStep: 50, maxMinutes: 15 },
    });
    traffic.abort();
    await sending;
    assert.equal(again.state, 'succeeded', JSON.stringify(again.steps));
    const rollout = await fixture.call<Rollout>('serving.rollout', { params: { changeId: again.id } });
    assert.deepEqual([rollout.against, rollout.outcome], ['fallback', 'promote']);
  });

  it('opens no door of the model server without a key', async () => {
    const doors = await evidenceOf(fixture, 'doors', versions[0]);
    assert.deepEqual([doors?.authenticated, doors?.rateLimited, doors?.open], [true, true, []]);
  });

  it('refuses a key once it is revoked', async () => {
    const keys = await fixture.call<{ items: InferenceKey[] }>('serving.keys', {
      params: { name: 'late-flights' },
    });
    await fixture.call('serving.revokeKey', { params: { name: 'late-flights', id: keys.items[0]?.id } });
    const answer = await until(
      () => ask(target(), { data: [1, 2, 3] }),
      (got) => got.status === 401,
    );
    assert.equal(answer.body.code, 'INFERENCE_KEY_REJECTED');
  });
});

async function evidenceOf(
  fixture: Fixture,
  name: string,
  modelVersionId: string | undefined,
): Promise<Record<string, unknown> | undefined> {
  const found = await fixture.governance.evidence.gather(
    ana,
    {
      kind: 'deployment',
      project: 'flights',
      model: 'delays',
      modelVersionId: modelVersionId ?? '',
      endpoint: 'late-flights',
      stage: 'development',
    },
    [name],
  );
  const evidence = found.get(name);
  assert.equal(evidence?.kind, 'found', JSON.stringify(evidence));
  return evidence?.kind === 'found' ? (evidence.value as Record<string, unknown>) : undefined;
}

/** Repeats until the answer is as wanted: a model server learns of a change within moments, not at once. */
async function until<T>(attempt: () => Promise<T>, wanted: (got: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const got = await attempt();
    if (wanted(got) || tries >= 200) return got;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
