import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Evaluation, GateSubject, NewRetrainingPolicy, RetrainingRun } from '@esteira/contracts';
import type { z } from 'zod';
import { ana, day, firstDay, openMonitoring } from '../monitoring.fixture.ts';

const expression = (text: string): string => ['$', '{{ ', text, ' }}'].join('');
const reference = (type: 'evaluation' | 'model-version', id: string) => ({
  type,
  id,
  digest: `sha256:${'0'.repeat(64)}`,
});

const subject: GateSubject = {
  kind: 'deployment',
  project: 'flights',
  model: 'delays',
  modelVersionId: 'mv_1',
  endpoint: 'delays',
  stage: 'production',
};

describe('retraining', () => {
  let fixture: Awaited<ReturnType<typeof openMonitoring>>;
  let number = 0;
  let name = '';

  before(async () => {
    fixture = await openMonitoring();
    const spec = [
      'name: delays',
      'project: flights',
      'parameters: { until: null, current: { default: null } }',
      'steps:',
      '  - name: retrain',
      '    uses: test.retrain',
      `    with: { until: "${expression('parameters.until')}", current: "${expression('parameters.current')}" }`,
    ].join('\n');
    await fixture.pipelines.put(ana, 'delays', spec);
    evaluated(0.01);
  });
  after(() => fixture.close());
  beforeEach(() => {
    name = `policy-${++number}`;
  });

  /** The pipeline makes a challenger whose difference to the live model is at least this. */
  function evaluated(lower: number): void {
    const current = {
      name: 'current',
      trainedModelId: 'tm_live',
      difference: lower + 0.02,
      lower,
      upper: lower + 0.04,
    };
    const evaluation = { id: 'eval_new', metric: 'pr_auc', alpha: 0.05, baselines: [], current };
    fixture.evaluations.set('eval_new', evaluation as unknown as Evaluation);
    fixture.outputs.current = {
      evaluation: reference('evaluation', 'eval_new'),
      version: reference('model-version', 'mv_2'),
    };
  }

  const put = (changed: Partial<z.input<typeof NewRetrainingPolicy>> = {}) =>
    fixture.call('putRetrainingPolicy', {
      params: { name },
      body: {
        endpoint: 'delays',
        pipeline: 'delays',
        parameters: { until: expression('window.end'), current: expression('live.trainedModel') },
        triggers: ['drift', 'performance', 'manual'],
        ...changed,
      },
    });
  const trigger = async (body: Record<string, unknown> = {}) =>
    (await fixture.call('triggerRetraining', {
      params: { name },
      body: { reason: 'to see', windowStart: firstDay, windowEnd: firstDay + day, ...body },
    })) as RetrainingRun;
  const runs = async (): Promise<readonly RetrainingRun[]> =>
    ((await fixture.call('retrainingRuns', { query: { policy: name } })) as { items: RetrainingRun[] }).items;
  const decided = async (id: string): Promise<RetrainingRun> => {
    for (;;) {
      const run = (await fixture.call('retrainingRun', { params: { id } })) as RetrainingRun;
      if (run.decision !== null) return run;
      await sleep(20);
    }
  };
  const code = (wanted: string) => (error: unknown) => (error as { code?: string }).code === wanted;

  it('runs the pipeline with dates of the window, and proposes a challenger that wins in the owner’s name', async () => {
    await put({ promote: 'propose', rollout: { maxMinutes: 5 } });
    const started = await trigger();
    assert.equal(started.decision, null);
    const run = await decided(started.id);
    assert.equal(run.decision, 'challenger-wins');
    assert.match(run.reason, /pr_auc \+0\.0300 .* against current; proposed as chg_1 \(awaiting-approval\)/);
    assert.deepEqual([run.evaluationId, run.modelVersionId, run.changeId], ['eval_new', 'mv_2', 'chg_1']);
    assert.equal(run.parameters.until, '2001-06-02');
    assert.equal((run.parameters.current as { id: string }).id, 'tm_live');
    const pipelineRun = await fixture.pipelines.reader.findRun('ws_1', run.pipelineRunId ?? '');
    assert.equal(pipelineRun?.trigger, `retraining:${run.id}`);
    const change = fixture.requestedChanges.at(-1);
    assert.deepEqual(change?.subject, {
      endpoint: 'delays',
      modelVersionId: 'mv_2',
      rollout: { maxMinutes: 5 },
    });
    assert.equal(change?.actor.kind, 'service');
    assert.equal(change?.actor.name, `retraining policy ${name} of Ana`);
    const made = await fixture.lineage.upstream('ws_1', {
      kind: 'pipeline-run',
      id: run.pipelineRunId ?? '',
    });
    assert.ok(made.edges.some(({ from, relation }) => from.id === 'delays' && relation === 'retrained-by'));
    const project = await fixture.projects.get('ws_1', 'flights');
    assert.ok(project.lifecycle.some(({ stage, times }) => stage === 'retraining' && times > 0));
  });

  it('never proposes when the policy says so, nor a challenger that loses', async () => {
    const before = fixture.requestedChanges.length;
    await put();
    assert.equal((await decided((await trigger()).id)).decision, 'challenger-wins');
    name = `${name}-losing`;
    await put({ promote: 'propose' });
    evaluated(-0.03);
    assert.equal((await decided((await trigger()).id)).decision, 'challenger-loses');
    evaluated(0.01);
    assert.equal(fixture.requestedChanges.length, before);
  });

  it('is skipped by each guard on its own, with the reason on record', async () => {
    await put({ triggers: ['drift'] });
    assert.equal((await trigger()).decision, 'skipped:trigger');
    await put({ enabled: false });
    assert.equal((await trigger()).decision, 'skipped:disabled');
    await put({ minFreshLabels: 5 });
    assert.equal((await trigger()).decision, 'skipped:min-fresh-labels');
    const labels = Array.from({ length: 5 }, (_, row) => ({ predictionId: `fresh-${row}`, label: 1 }));
    await fixture.call('postLabels', { params: { endpoint: 'delays' }, body: { labels } });
    await put({ minFreshLabels: 5, costCap: 0.01 });
    const subject = { kind: 'pipeline-run' as const, id: 'plr_1' };
    await fixture.sql.transaction((tx) =>
      fixture.costs.record(tx, ana, { kind: 'training', project: 'flights', subject, cpuSeconds: 3600 }),
    );
    const skipped = await trigger();
    assert.equal(skipped.decision, 'skipped:cost-cap');
    assert.match(skipped.reason, /0\.04 of 0\.01 USD/);
    await put({ minFreshLabels: 5 });
    const started = await trigger();
    assert.equal((await trigger()).decision, 'skipped:single-flight');
    await decided(started.id);
    assert.equal((await trigger()).decision, 'skipped:cooldown');
    await put({ minFreshLabels: 5, cooldown: 'PT1S', maxRunsPerDay: 1 });
    fixture.time.ahead += 2000;
    assert.equal((await trigger()).decision, 'skipped:max-runs-per-day');
    await put({ minFreshLabels: 5, cooldown: 'PT1S' });
    assert.equal((await trigger()).decision, 'skipped:min-fresh-labels', 'the five labels have been used');
    fixture.actors.delete('usr_ana');
    assert.equal((await trigger()).decision, 'skipped:owner');
    fixture.actors.set('usr_ana', ana.actor);
    const { items } = await fixture.audit.list('ws_1', {}, { limit: 500 });
    assert.ok(items.filter(({ action }) => action === 'monitoring.retraining.skipped').length >= 8);
  });

  it('tells a pipeline that fails, one that cannot be started, and one that compares with another model', async () => {
    await put({ cooldown: 'PT1S', maxRunsPerDay: 10 });
    fixture.outputs.current = { fail: true };
    const failed = await decided((await trigger()).id);
    assert.equal(failed.decision, 'failed');
    assert.match(failed.reason, /its pipeline run failed/);

    evaluated(0.01);
    fixture.live.versionId = null;
    fixture.time.ahead += 2000;
    assert.equal((await decided((await trigger()).id)).decision, 'not-compared');
    fixture.live.versionId = 'mv_1';

    await put({ pipeline: 'unknown', cooldown: 'PT1S', maxRunsPerDay: 10 });
    fixture.time.ahead += 2000;
    const impossible = await decided((await trigger()).id);
    assert.equal(impossible.decision, 'failed');
    assert.match(impossible.reason, /unknown/);
  });

  it('refuses parameters that cannot be filled, and owners who may not run pipelines', async () => {
    await assert.rejects(
      put({ parameters: { until: expression('yesterday') } }),
      code('RETRAINING_TEMPLATE_INVALID'),
    );
    const viewer = { ...ana, actor: { ...ana.actor, permissions: new Set(['monitoring:write'] as const) } };
    const body = { endpoint: 'delays', pipeline: 'delays', triggers: ['drift'] };
    await assert.rejects(
      fixture.call('putRetrainingPolicy', { params: { name }, body }, viewer),
      code('FORBIDDEN'),
    );
    await assert.rejects(trigger(), code('RETRAINING_POLICY_NOT_FOUND'));
  });

  it('starts by itself when drift persists, once per window, and tries a skipped one again when labels have come', async () => {
    await put({ triggers: ['drift'], minFreshLabels: 30 });
    await fixture.putMonitor({ columns: ['x'] });
    for (const shifted of [0, 1]) await fixture.logDay(shifted, 200, () => ({ shift: 1 }));
    await fixture.evaluate();
    const [skipped] = await runs();
    assert.equal(skipped?.decision, 'skipped:min-fresh-labels');
    assert.equal(skipped?.trigger, 'drift');
    assert.equal(skipped?.windowEnd, firstDay + 2 * day);
    await fixture.evaluate();
    assert.equal((await runs()).length, 1, 'the same guard again is no news');

    const labels = Array.from({ length: 40 }, (_, row) => ({ predictionId: `1-${row}`, label: 1 }));
    await fixture.call('postLabels', { params: { endpoint: 'delays' }, body: { labels } });
    await fixture.evaluate();
    const [started] = await runs();
    assert.equal(started?.id, skipped?.id);
    const run = await decided(started?.id ?? '');
    assert.equal(run.decision, 'challenger-wins');
    assert.equal(run.parameters.until, '2001-06-03');
    await fixture.evaluate();
    assert.equal((await runs()).length, 1, 'a window leads to one retraining');
    const upstream = await fixture.lineage.upstream('ws_1', {
      kind: 'pipeline-run',
      id: run.pipelineRunId ?? '',
    });
    assert.deepEqual(upstream.edges.map(({ relation }) => relation).sort(), ['retrained-by', 'watched-by']);
    const evidence = fixture.monitoring.evidenceReaders.find((reader) => reader.name === 'retrainingPolicy');
    const found = await evidence?.read(ana, subject, async () => undefined);
    assert.deepEqual(Object.keys(found ?? {}), ['name', 'endpoint', 'pipeline', 'triggers', 'enabled']);
  });
});
