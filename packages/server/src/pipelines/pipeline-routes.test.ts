import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pipelinesApi, type RouteDefinition } from '@esteira/contracts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { ana, echoKind, openPipelines } from './pipelines.fixture.ts';

type Parts = { params?: unknown; query?: unknown; body?: unknown };
type Details = {
  id: string;
  status: string;
  steps: unknown;
  graph: { name: string; status: string; reason?: string; needs: string[] }[];
};

it('a pipeline is put, planned, run, watched, cancelled and resumed over its routes', async (test) => {
  const database = await openTestDatabase();
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const kind = echoKind({
    act: async ({ step, progress, signal }) => {
      if (step !== 'slow' || signal.aborted) return;
      progress(0.5, 'half');
      begun.resolve();
      const aborted = new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
      await Promise.race([gate.promise, aborted]);
    },
  });
  const room = await openPipelines({ database, stepKinds: [kind] });
  test.after(async () => {
    await room.stop();
    await database.close();
  });
  async function call<R = Details>(route: RouteDefinition, parts: Parts = {}): Promise<R> {
    const binding = room.pipelines.routes.find((known) => known.route === route);
    assert.ok(binding, route.id);
    assert.ok(route.body !== 'stream' && route.response !== 'stream');
    const request = {
      params: route.params?.parse(parts.params),
      query: route.query?.parse(parts.query ?? {}),
      body: route.body?.parse(parts.body),
    };
    const answer = await binding.handle(request, ana, new AbortController().signal);
    return JSON.parse(JSON.stringify(route.response.parse(answer))) as R;
  }

  const params = { name: 'p' };
  const spec = `name: p
project: flights
description: Two steps
parameters: {seed: {default: 1, description: of all}}
steps:
  - {name: slow, uses: test.echo, with: {seed: '\${{ parameters.seed }}'}}
  - {name: next, uses: test.echo, with: {value: '\${{ steps.slow.outputs.value }}', seed: 9}}
`;
  const put = await call<{ version: number; spec: string; parameters: unknown; steps: unknown }>(
    pipelinesApi.put,
    { params, body: { spec } },
  );
  assert.deepEqual([put.version, put.spec], [1, spec]);
  assert.deepEqual(put.parameters, [{ name: 'seed', required: false, default: 1, description: 'of all' }]);
  const plan = await call<{ steps: { verdict: string }[] }>(pipelinesApi.plan, { params, body: {} });
  assert.deepEqual(
    plan.steps.map((step) => step.verdict),
    ['miss', 'unknown'],
  );
  const kinds = await call<{ items: { kind: string; with: { type: string } }[] }>(pipelinesApi.stepKinds);
  assert.deepEqual(
    kinds.items.map((item) => [item.kind, item.with.type]),
    [['test.echo', 'object']],
  );

  const { id } = await call(pipelinesApi.start, { params, body: { parameters: { seed: 2 } } });
  await begun.promise;
  const running = await call(pipelinesApi.getRun, { params: { id } });
  assert.deepEqual(
    running.graph.map((step) => [step.name, step.status, step.reason]),
    [
      ['slow', 'running', undefined],
      ['next', 'queued', 'waits for slow'],
    ],
  );
  await call(pipelinesApi.cancel, { params: { id } });
  await room.pipelines.wait('ws_1', id);
  gate.resolve();
  const resumed = await call(pipelinesApi.resume, { params: { id } });
  assert.equal(resumed.status, 'running');
  await room.pipelines.wait('ws_1', id);
  const ended = await call(pipelinesApi.getRun, { params: { id } });
  assert.equal(ended.status, 'succeeded');
  assert.deepEqual(ended.steps, { total: 2, finished: 2, byStatus: { succeeded: 2 } });

  type Runs = { items: { id: string }[]; nextCursor?: string };
  const second = await call(pipelinesApi.start, { params, body: {} });
  await room.pipelines.wait('ws_1', second.id);
  const page = await call<Runs>(pipelinesApi.listRuns, { query: { pipeline: 'p', limit: 1 } });
  const rest = await call<Runs>(pipelinesApi.listRuns, {
    query: { pipeline: 'p', limit: 1, cursor: page.nextCursor },
  });
  assert.deepEqual(
    [...page.items, ...rest.items].map((run) => run.id),
    [second.id, id],
  );
  const listed = await call<{ items: { lastRun: { id: string } }[] }>(pipelinesApi.list);
  assert.equal(listed.items[0]?.lastRun.id, second.id);
});
