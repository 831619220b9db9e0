import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inventFlights, toCsv } from './flights.fixture.ts';
import type { Installation } from './installation.fixture.ts';
import {
  defineFeatures,
  land,
  openProject,
  type PipelineRun,
  runEnded,
  startRun,
  stepOf,
} from './late-flights.fixture.ts';
import { openLateFlightsEndpoint, type ServedEndpoint } from './served-endpoint.fixture.ts';

/** Where the journey's server lies, on whatever engine. */
interface JourneyPlace {
  start(): Promise<Installation>;
  remove(): Promise<void>;
}

/** From files to a served model, through the client alone. The same on every engine. */
export function lateFlightsJourney(engine: string, open: () => Promise<JourneyPlace>): void {
  describe(`late flights on ${engine}`, () => {
    let place: JourneyPlace;
    let installation: Installation;

    let first: PipelineRun;
    let served: ServedEndpoint;

    before(async () => {
      place = await open();
      installation = await place.start();
    });

    after(() => place.remove());

    function outputOf(run: PipelineRun, step: string, name: string): { id: string; digest: string } {
      return stepOf(run, step).outputs[name] as { id: string; digest: string };
    }

    test('one pipeline leads from files to a registered model', async () => {
      const { client } = installation;
      await openProject(client);
      const flights = inventFlights({ days: 14, perDay: 240, seed: 1 });
      await land(client, 'flights', 'week-1.csv', toCsv(flights.slice(0, 1680)));
      await land(client, 'flights', 'week-2.csv', toCsv(flights.slice(1680)));
      await defineFeatures(client);

      first = await runEnded(client, await startRun(client));
      const ends = first.graph.map(({ name, status, error }) => [name, status, error]);
      assert.equal(first.status, 'succeeded', JSON.stringify(ends));
      assert.ok(
        first.graph.every(({ status, attempt }) => status === 'succeeded' && attempt === 1),
        JSON.stringify(ends),
      );
      const version = await client.datasets.getVersion({
        params: { id: outputOf(first, 'ingest', 'version').id },
      });
      assert.equal(version.rows, flights.length);
      assert.equal(version.validation?.outcome, 'passed');
      const split = await client.datasets.getSplit({ params: { id: outputOf(first, 'split', 'split').id } });
      assert.deepEqual(split.leakage, { sharedRows: 0, timeOverlap: false, groupOverlap: null });
      const evaluation = await client.evaluation.evaluation({
        params: { id: outputOf(first, 'evaluate', 'evaluation').id },
      });
      assert.equal(evaluation.metrics.rows, split.parts.test.rows);
      assert.deepEqual(evaluation.baselines.map(({ name }) => name).sort(), ['logistic', 'rule']);
      assert.ok((evaluation.metrics.roc_auc ?? 0) > 0.6, 'delays of invented flights can be foreseen');
    });

    test('the same pipeline again takes every result from the cache, and makes no second model version of it', async () => {
      const { client } = installation;
      const second = await runEnded(client, await startRun(client));
      assert.equal(second.status, 'succeeded');
      const ran = second.graph.filter(({ status }) => status !== 'cached').map(({ name }) => name);
      assert.deepEqual(ran, ['register']);
      for (const { name, cachedFrom } of second.graph)
        if (name !== 'register') assert.deepEqual(cachedFrom, { pipelineRunId: first.id, step: name });
      const { items } = await client.registry.versions({ params: { name: 'late-flights' } });
      assert.equal(items.length, 1);
      assert.equal(outputOf(second, 'register', 'version').id, items[0]?.id);
    });

    test('the lineage leads from the model version back to the files that landed', async () => {
      const { client } = installation;
      const graph = await client.governance.lineage({
        params: { kind: 'model-version', id: outputOf(first, 'register', 'version').id },
        query: { direction: 'upstream', depth: 20 },
      });
      const kinds = new Set(graph.nodes.map(({ kind }) => kind));
      for (const kind of ['source-file', 'dataset-version', 'split', 'run', 'model-version'] as const)
        assert.ok(kinds.has(kind), `${kind} is not in ${[...kinds].join(', ')}`);
      assert.equal(graph.nodes.filter(({ kind }) => kind === 'source-file').length, 2);
    });

    test('a version promoted to an endpoint answers as its evaluation did', async () => {
      const { client } = installation;
      served = await openLateFlightsEndpoint(client, outputOf(first, 'register', 'version').id);
      const { examples } = await client.evaluation.evaluation({
        params: { id: outputOf(first, 'evaluate', 'evaluation').id },
      });
      const [row = []] = examples.rows;
      const answer = await served.infer(examples.features, row);
      assert.equal(answer.status, 200, answer.text);
      const probabilities = answer.body.outputs?.find(({ name }) => /prob/i.test(name))?.data ?? [];
      const expected = examples.expected[0] ?? Number.NaN;
      assert.ok(
        Math.abs((probabilities[1] ?? 0) - expected) < 1e-5,
        `${probabilities} instead of ${expected}`,
      );
    });

    test('a question with an unknown column, too few, or of a wrong type is refused with one clear error', async () => {
      const { features } = served;
      for (const [names, values, problem] of [
        [[...features, 'colour'], [...features.map(() => 1), 3], /colour/],
        [features.slice(1), features.slice(1).map(() => 1), new RegExp(features[0] ?? '')],
      ] as const) {
        const answer = await served.infer(names, values);
        assert.equal(answer.status, 400, answer.text);
        assert.equal(answer.body.code, 'INVALID_INFERENCE_REQUEST');
        assert.match(String(answer.body.error), problem);
        assert.ok(answer.body.instance);
      }
      for (const body of ['', '{', '[]', '{"inputs": []}', '{"inputs": [{"name": "x"}]}']) {
        const answer = await served.post(body);
        assert.equal(answer.status, 400, body);
        assert.ok(answer.body.instance && answer.body.code, body);
      }
    });

    test('the data plane opens to nobody but the holder of a key of that endpoint, but for its probes', async () => {
      const { url, name, key } = served;
      const open = ['/health', '/health/', '/ping', '/v2/health/live', '/v2/health/ready'];
      const closed = [
        ...['', '/', '/v2', '/v2/', '/v2/models', '/v2/models/'],
        ...[
          '',
          '/',
          '/ready',
          '/infer',
          '/config',
          '/stats',
          '/versions/1',
          '/versions/1/infer',
          '/versions/1/ready',
        ].map((rest) => `/v2/models/${name}${rest}`),
        ...['/v2/health', '/v2/health/x', '/v2/repository/index', '/v2/repository/models/x/load'],
        ...['/v2/systemsharedmemory/status', '/v2/logging', '/v2/trace/setting', '/metrics', '/invocations'],
        ...['/health/x', '//health', '/v2/models/..%2f..%2fhealth', '/%', '/%2e%2e/etc/passwd', '/api/v1/me'],
      ];
      const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];
      const wrong: string[] = [];
      for (const method of methods) {
        for (const path of [...closed, ...open]) {
          for (const credentials of [
            {},
            { authorization: 'Bearer nonsense' },
            { authorization: 'Basic !' },
          ]) {
            const answer = await fetch(url + path, {
              method,
              headers: { 'content-type': 'application/json', ...credentials },
              ...(method === 'GET' || method === 'HEAD' ? {} : { body: '{}' }),
            });
            await answer.arrayBuffer();
            const expected = open.includes(path) && ['GET', 'HEAD'].includes(method) ? 200 : 401;
            if (answer.status !== expected) wrong.push(`${method} ${path}: ${answer.status}`);
          }
        }
      }
      assert.deepEqual(wrong, []);

      // The owner's token of the control plane is no key, and the key is no token.
      const crossed = await fetch(`${url}/v2/models/${name}`, {
        headers: { authorization: `Bearer ${served.ownerToken}` },
      });
      assert.equal(crossed.status, 401);
      const back = await fetch(`${installation.url}/api/v1/me`, {
        headers: { authorization: `Bearer ${key}` },
      });
      assert.equal(back.status, 401);
      const elsewhere = await fetch(`${url}/v2/models/other`, {
        headers: { authorization: `Bearer ${key}` },
      });
      assert.equal(elsewhere.status, 404);
    });

    test('the probes of the data plane tell their status and nothing of what is served', async () => {
      for (const path of ['/health', '/ping', '/v2/health/live', '/v2/health/ready']) {
        const text = await (await fetch(served.url + path)).text();
        assert.ok(!text.includes(served.name) && text.length < 100, `${path}: ${text}`);
      }
    });

    test('a revoked or expired key is worth nothing', async () => {
      const { client } = installation;
      const params = { name: served.name };
      const short = await client.serving.createKey({
        params,
        body: { name: 'short', expiresAt: Date.now() + 1500 },
      });
      const revoked = await client.serving.createKey({ params, body: { name: 'revoked' } });
      const statusOf = async (key: string) =>
        (await fetch(`${served.url}/v2`, { headers: { authorization: `Bearer ${key}` } })).status;
      await served.until(async () => (await statusOf(revoked.key)) === 200);
      await client.serving.revokeKey({ params: { ...params, id: revoked.id } });
      await served.until(async () => (await statusOf(revoked.key)) === 401);
      await served.until(async () => (await statusOf(short.key)) === 401);
      assert.equal(await statusOf(served.key), 200);
    });
  });
}
