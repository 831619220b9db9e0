import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { JsonValue } from '@esteira/contracts';
import fc from 'fast-check';
import { esteiraError } from '../kernel/errors.ts';
import { openTestDatabase, untilEventsSettled } from '../storage/sql/open-test-database.ts';
import { ana, echoKind, openPipelines } from './pipelines.fixture.ts';

type Kinds = Parameters<typeof openPipelines>[0]['stepKinds'];

/** The room on a database in memory; closed when the test ends, however it ends. */
async function open(test: TestContext, stepKinds: Kinds, more: { clock?: { now(): number } } = {}) {
  const database = await openTestDatabase();
  const room = await openPipelines({ database, stepKinds, ...more });
  test.after(async () => {
    await room.stop();
    await database.close();
  });
  return room;
}

/** A file of echo steps; each line is `name: {…}` without `uses`. */
function file(...steps: string[]): string {
  const lines = steps.map((step) => `  - {name: ${step.replace(/: \{/, ', uses: test.echo, ')}`);
  return `name: p\nproject: flights\nparameters: {x: 1, on: true}\nsteps:\n${lines.join('\n')}\n`;
}

describe('a pipeline run', () => {
  it('runs every step of any graph exactly once, after all that it needs', async (test) => {
    const began: string[] = [];
    const ended = new Set<string>();
    const kind = echoKind({
      cacheable: false,
      act: async ({ step, with: values }) => {
        for (const need of (values as { value: string[] }).value)
          assert.ok(ended.has(need), `${step} began before ${need}`);
        began.push(step);
        await new Promise((resolve) => setImmediate(resolve));
        ended.add(step);
      },
    });
    const room = await open(test, [kind]);
    const edges = fc
      .integer({ min: 1, max: 12 })
      .chain((size) =>
        fc.tuple(
          fc.constant(size),
          fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: size * 2 }),
          fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(edges, async ([size, pairs, order]) => {
        began.length = 0;
        ended.clear();
        const needs = new Map([...Array(size).keys()].map((step) => [step, new Set<string>()]));
        for (const [a, b] of pairs) if (a !== b) needs.get(Math.max(a, b))?.add(`s${Math.min(a, b)}`);
        const steps = order.map((step) => {
          const list = JSON.stringify([...(needs.get(step) ?? [])]);
          return `s${step}: {needs: ${list}, with: {value: ${list}}}`;
        });
        const { run } = await room.run(file(...steps));
        assert.equal(run.status, 'succeeded');
        assert.deepEqual([...began].sort(), order.map((step) => `s${step}`).sort());
      }),
      { numRuns: 25 },
    );
  });

  it('hands outputs on with their type, and keeps a tracking run, costs and origins of each step', async (test) => {
    const reference = { type: 'dataset-version' as const, id: 'dv_1', digest: 'sha256:1' };
    const room = await open(test, [
      echoKind({
        act: async (step) => {
          step.log.metrics({ loss: Number.NaN }, 3);
          step.log.params({ depth: 3 });
          step.progress(0.5, 'half');
          return step.step === 'make' ? { version: reference, rows: [1, 2] } : undefined;
        },
      }),
    ]);
    const use =
      "use: {with: {value: {in: '${{ steps.make.outputs.version }}', rows: '${{ steps.make.outputs.rows }}'}, seed: 5}}";
    const { run, steps } = await room.run(file('make: {}', use));
    assert.deepEqual(steps.get('use')?.inputs, { value: { in: reference, rows: [1, 2] }, seed: 5 });
    const parent = await room.tracking.reader.show('ws_1', run.trackingRunId);
    assert.deepEqual(
      parent.children.map(({ name, status }) => [name, status]),
      [
        ['make', 'succeeded'],
        ['use', 'succeeded'],
      ],
    );
    assert.equal(parent.status, 'succeeded');
    const used = await room.tracking.reader.show('ws_1', steps.get('use')?.trackingRunId ?? '');
    assert.deepEqual(used.params, {
      depth: '3',
      'with.seed': '5',
      'with.value.rows.0': '1',
      'with.value.rows.1': '2',
    });
    assert.deepEqual(used.source, { codeCommit: 'abc', environmentDigest: 'sha256:env', seeds: { seed: 5 } });
    assert.deepEqual(used.inputs, [{ role: 'value.in', reference }]);
    // A seed that the file leaves out is the default of the kind, and on record all the same.
    const made = await room.tracking.reader.show('ws_1', steps.get('make')?.trackingRunId ?? '');
    assert.deepEqual(made.source.seeds, { seed: 7 });
    assert.equal(made.params['with.seed'], '7');
    assert.ok(Number.isNaN(used.metrics.loss?.value));
    assert.ok((used.metrics['step.cpu_seconds']?.value ?? 0) > 0);
    const origins = await room.lineage.upstream('ws_1', { kind: 'dataset-version', id: 'dv_1' });
    assert.deepEqual(origins.nodes.map((node) => node.kind).sort(), [
      'dataset-version',
      'pipeline-run',
      'run',
    ]);
    const total = await room.costs.total('ws_1', { project: 'flights' });
    assert.ok(total.total.cpuSeconds >= 2);
    const actions = (await room.audit.list('ws_1', {}, { limit: 10 })).items.map((entry) => entry.action);
    assert.deepEqual(actions.slice(0, 3), [
      'pipelines.run.started',
      'tracking.experiment.created',
      'pipelines.spec.put',
    ]);
    await untilEventsSettled(room.database);
    const events = await room.events.recent('ws_1', { limit: 100 });
    assert.ok(
      events.some((event) => event.type === 'pipeline-run.finished' && event.payload.status === 'succeeded'),
    );
  });

  it('cancels what needs a failed step and goes on with the rest', async (test) => {
    const room = await open(test, [
      echoKind({
        act: async ({ step }) => {
          if (step === 'bad') throw esteiraError('RUN_NOT_FOUND', { id: 'x' });
          if (step === 'worse') throw new Error('a secret of the server');
        },
      }),
    ]);
    const { run, steps, statuses } = await room.run(
      file('bad: {}', 'after: {needs: [bad]}', 'last: {needs: [after, good]}', 'good: {}', 'worse: {}'),
    );
    assert.equal(run.status, 'failed');
    assert.deepEqual(statuses, {
      bad: 'failed',
      after: 'cancelled',
      last: 'cancelled',
      good: 'succeeded',
      worse: 'failed',
    });
    assert.equal(steps.get('last')?.reason, 'upstream failed: step "bad" failed');
    assert.equal(steps.get('bad')?.error?.code, 'RUN_NOT_FOUND');
    assert.equal(steps.get('worse')?.error?.code, 'INTERNAL');
    assert.doesNotMatch(JSON.stringify(steps.get('worse')), /secret/);
  });

  it('fails a step whose resolved inputs or outputs do not fit, before or after it runs', async (test) => {
    const room = await open(test, [
      echoKind({ act: async ({ step }) => (step === 'odd' ? { other: 1 } : undefined), outputs: ['value'] }),
    ]);
    const { steps } = await room.run(
      file("typed: {with: {seed: '${{ steps.one.outputs.value }}'}}", 'one: {with: {value: x}}', 'odd: {}'),
    );
    assert.equal(steps.get('typed')?.error?.code, 'STEP_INPUT_INVALID');
    assert.match(steps.get('typed')?.reason ?? '', /with\.seed: .*expected number/);
    assert.match(steps.get('odd')?.reason ?? '', /"value" is missing/);
  });

  it('tries again only as often as the file asks, and never what the caller did wrong', async (test) => {
    const calls = new Map<string, number>();
    const room = await open(test, [
      echoKind({
        act: async ({ step, attempt }) => {
          calls.set(step, attempt);
          if (step === 'wrong') throw esteiraError('RUN_NOT_FOUND', { id: 'x' });
          if (step === 'once' || attempt < 2) throw new Error('flaky');
        },
      }),
    ]);
    const { statuses } = await room.run(file('once: {}', 'twice: {retries: 1}', 'wrong: {retries: 3}'));
    assert.deepEqual(statuses, { once: 'failed', twice: 'succeeded', wrong: 'failed' });
    assert.deepEqual(Object.fromEntries(calls), { once: 1, twice: 2, wrong: 1 });
  });

  it('skips a step whose condition is false, and those that use its outputs', async (test) => {
    const room = await open(test, [echoKind()]);
    const when = "tune: {when: '${{ parameters.on }}'}";
    const spec = file(
      when,
      "uses: {with: {value: '${{ steps.tune.outputs.value }}'}}",
      'after: {needs: [tune], with: {seed: 2}}',
    );
    assert.deepEqual((await room.run(spec, { on: false })).statuses, {
      tune: 'skipped',
      uses: 'skipped',
      after: 'succeeded',
    });
    assert.deepEqual((await room.run(spec, { on: true })).statuses, {
      tune: 'succeeded',
      uses: 'succeeded',
      after: 'cached',
    });
  });

  it('is cancelled with its waiting steps, and its running step is told', async (test) => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const room = await open(test, [
      echoKind({
        act: ({ signal }) => {
          begin();
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          );
        },
      }),
    ]);
    await room.pipelines.put(ana, 'p', file('long: {}', 'next: {needs: [long]}'));
    const id = await room.pipelines.start(ana, { pipeline: 'p', trigger: 'retraining:rt_1' });
    await begun;
    await room.pipelines.cancel(ana, id);
    const run = await room.pipelines.wait('ws_1', id);
    assert.deepEqual(
      [run.status, run.reason, run.trigger],
      ['cancelled', 'cancelled by Ana', 'retraining:rt_1'],
    );
    const steps = await room.pipelines.reader.steps('ws_1', id);
    assert.deepEqual(
      steps.map((step) => step.status),
      ['cancelled', 'cancelled'],
    );
    assert.equal(
      (await room.tracking.reader.find('ws_1', steps[0]?.trackingRunId ?? ''))?.status,
      'cancelled',
    );
    await room.pipelines.cancel(ana, id);
  });

  it('ends when the job of a step is cancelled behind its back', async (test) => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<string>();
    const room = await open(test, [
      echoKind({
        act: ({ signal, runId }) => {
          begin(runId);
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          );
        },
      }),
    ]);
    await room.pipelines.put(ana, 'p', file('long: {}', 'next: {needs: [long]}'));
    const id = await room.pipelines.start(ana, { pipeline: 'p' });
    const trackingRunId = await begun;
    const [long] = await room.pipelines.reader.steps('ws_1', id);
    await room.jobs.cancel(ana, long?.jobId ?? '');
    assert.equal((await room.pipelines.wait('ws_1', id)).status, 'cancelled');
    assert.equal((await room.tracking.reader.find('ws_1', trackingRunId))?.status, 'cancelled');
  });

  it('is resumed under its id without repeating what has ended', async (test) => {
    const calls: string[] = [];
    let broken = true;
    const room = await open(test, [
      echoKind({
        cacheable: false,
        act: async ({ step }) => {
          calls.push(step);
          if (step === 'bad' && broken) throw new Error('not yet');
        },
      }),
    ]);
    const { run, statuses } = await room.run(
      file('one: {}', 'bad: {needs: [one]}', 'last: {needs: [bad, one]}'),
    );
    assert.deepEqual(statuses, { one: 'succeeded', bad: 'failed', last: 'cancelled' });
    broken = false;
    await room.pipelines.resume(ana, run.id);
    assert.equal((await room.pipelines.wait('ws_1', run.id)).status, 'succeeded');
    assert.deepEqual(calls, ['one', 'bad', 'bad', 'last']);
    await assert.rejects(room.pipelines.resume(ana, run.id), { code: 'PIPELINE_RUN_NOT_RESUMABLE' });
    assert.equal((await room.tracking.reader.find('ws_1', run.trackingRunId))?.status, 'succeeded');
  });

  it('is refused with unknown or missing parameters, and is not seen from another workspace', async (test) => {
    const room = await open(test, [echoKind()]);
    const { run } = await room.run(file('a: {}'));
    await assert.rejects(room.pipelines.start(ana, { pipeline: 'p', parameters: { y: 1 } }), {
      code: 'PIPELINE_PARAMETER_INVALID',
    });
    await assert.rejects(room.pipelines.start(ana, { pipeline: 'q' }), { code: 'PIPELINE_NOT_FOUND' });
    await assert.rejects(room.pipelines.wait('ws_2', run.id), { code: 'PIPELINE_RUN_NOT_FOUND' });
    assert.deepEqual(await room.pipelines.reader.steps('ws_2', run.id), []);
  });
});

describe('the step cache', () => {
  it('gives a second run the results of the first and says where from', async (test) => {
    let calls = 0;
    const room = await open(test, [echoKind({ act: async () => void calls++ })]);
    const spec = file(
      "one: {with: {value: '${{ parameters.x }}'}}",
      "two: {with: {value: '${{ steps.one.outputs.value }}', seed: 2}}",
    );
    const first = await room.run(spec);
    const second = await room.run(spec);
    assert.deepEqual(second.statuses, { one: 'cached', two: 'cached' });
    assert.equal(second.run.status, 'succeeded');
    assert.deepEqual(second.steps.get('two')?.cachedFrom, { pipelineRunId: first.run.id, step: 'two' });
    assert.deepEqual(second.steps.get('two')?.outputs, { value: 1 });
    assert.equal(second.steps.get('two')?.trackingRunId, first.steps.get('two')?.trackingRunId);
    assert.equal(calls, 2);
    assert.deepEqual((await room.run(spec, { x: 2 })).statuses, { one: 'succeeded', two: 'succeeded' });
    assert.deepEqual((await room.run(spec, {}, true)).statuses, { one: 'succeeded', two: 'succeeded' });
    assert.equal(calls, 6);
  });

  it('is not asked by steps that are not to be cached, and obeys the options of a step', async (test) => {
    const calls: string[] = [];
    const clock = { time: 1_700_000_000_000, now: () => clock.time };
    let landed: JsonValue = ['file'];
    const room = await open(
      test,
      [
        echoKind({ act: async ({ step }) => void calls.push(step) }),
        echoKind({ kind: 'test.effect', cacheable: false, act: async ({ step }) => void calls.push(step) }),
        echoKind({
          kind: 'test.ingest',
          externalState: async () => landed,
          act: async ({ step }) => void calls.push(step),
        }),
      ],
      { clock },
    );
    const spec = file(
      'off: {cache: {off: true}}',
      'fresh: {cache: {maxStaleness: P1D}}',
      "blind: {with: {value: '${{ parameters.x }}'}, cache: {ignoredInputs: [value]}}",
      'again: {cache: {refresh: true}, with: {value: again}}',
    ).concat('  - {name: effect, uses: test.effect}\n  - {name: ingest, uses: test.ingest}\n');
    await room.run(spec);
    calls.length = 0;
    assert.equal((await room.run(spec, { x: 2 })).statuses.blind, 'cached');
    assert.deepEqual(calls.sort(), ['again', 'effect', 'off']);
    clock.time += 86_400_001;
    landed = ['file', 'another'];
    calls.length = 0;
    await room.run(spec);
    assert.deepEqual(calls.sort(), ['again', 'effect', 'fresh', 'ingest', 'off']);
  });

  it('tells before a run which steps would hit, and which part of the key changed for the others', async (test) => {
    const room = await open(test, [echoKind({ externalState: async () => 'same' })]);
    const spec = file(
      "one: {with: {value: '${{ parameters.x }}', other: 1}}",
      "two: {with: {value: '${{ steps.one.outputs.value }}'}}",
      'three: {cache: {off: true}}',
    );
    await room.pipelines.put(ana, 'p', spec);
    const fresh = await room.pipelines.planRun(ana, { pipeline: 'p' });
    assert.deepEqual(
      fresh.steps.map((step) => step.verdict),
      ['miss', 'miss', 'unknown'],
    );
    assert.match(fresh.steps.find((step) => step.name === 'one')?.reason ?? '', /never succeeded/);
    const { run } = await room.run(spec);
    const plan = await room.pipelines.planRun(ana, { pipeline: 'p' });
    const verdicts = Object.fromEntries(plan.steps.map((step) => [step.name, step.verdict]));
    assert.deepEqual(verdicts, { one: 'hit', two: 'hit', three: 'miss' });
    assert.equal(plan.steps.find((step) => step.name === 'one')?.from?.pipelineRunId, run.id);
    const changed = await room.pipelines.planRun(ana, { pipeline: 'p', parameters: { x: 2 } });
    const one = changed.steps.find((step) => step.name === 'one');
    assert.deepEqual([one?.verdict, one?.changed], ['miss', ['with.value']]);
    assert.equal(changed.steps.find((step) => step.name === 'two')?.verdict, 'unknown');
  });

  it('keeps versions of a file by their content', async (test) => {
    const room = await open(test, [echoKind()]);
    const versions = [];
    for (const step of ['a: {}', 'b: {}', 'b: {}', 'a: {}']) {
      versions.push((await room.pipelines.put(ana, 'p', file(step))).version);
    }
    assert.deepEqual(versions, [1, 2, 2, 1]);
  });
});
