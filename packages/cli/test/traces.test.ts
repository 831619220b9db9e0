import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { inventFlights, toCsv } from './flights.fixture.ts';
import { createPlace, ownerToken, type Place } from './installation.fixture.ts';
import { defineFeatures, land, openProject, runUntil, startRun, stepOf } from './late-flights.fixture.ts';
import { startSpanReceiver } from './span-receiver.fixture.ts';

const [server, client, consumer] = [2, 3, 5];
const caller = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function open(): Promise<{ place: Place; receiver: Awaited<ReturnType<typeof startSpanReceiver>> }> {
  const receiver = await startSpanReceiver();
  cleanups.push(receiver.close);
  const place = createPlace();
  cleanups.push(place.remove);
  return { place, receiver };
}

test('requests, transactions, jobs, steps and engines are told to a receiver of OTLP, as one story', async () => {
  const { place, receiver } = await open();
  const installation = await place.start({
    flags: ['--bootstrap-token', ownerToken],
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_SERVICE_NAME: 'esteira-test',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=tests',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    },
  });
  const headers = {
    authorization: `Bearer ${ownerToken}`,
    traceparent: `00-${caller.trace}-${caller.span}-01`,
  };
  const answer = await fetch(`${installation.url}/api/v1/experiments?limit=1&secret=hunter2`, { headers });
  assert.equal(answer.headers.get('x-request-id'), caller.trace);
  await openProject(installation.client);
  const flights = toCsv(inventFlights({ days: 3, perDay: 60, seed: 2 }));
  await land(installation.client, 'flights', 'flights.csv', flights);
  await defineFeatures(installation.client);
  const id = await startRun(installation.client, { trials: 1, iterations: 5 });
  await runUntil(installation.client, id, (run) => stepOf(run, 'ingest').finishedAt !== undefined);
  assert.equal(await installation.end('SIGTERM'), 0);

  const { spans } = receiver;
  const named = (name: string) => spans.filter((span) => span.name === name);
  const listed = named('GET /api/v1/experiments')[0];
  assert.ok(listed !== undefined, spans.map(({ name }) => name).join(', '));
  assert.deepEqual([listed.traceId, listed.parentSpanId, listed.kind], [caller.trace, caller.span, server]);
  assert.equal(listed.attributes['http.request.method'], 'GET');
  assert.equal(listed.attributes['http.route'], '/api/v1/experiments');
  assert.equal(listed.attributes['url.path'], '/api/v1/experiments');
  assert.equal(listed.attributes['http.response.status_code'], 200);

  const started = named('POST /api/v1/pipelines/:name/runs')[0];
  assert.ok(started !== undefined);
  const children = spans.filter(({ parentSpanId }) => parentSpanId === started.spanId);
  assert.ok(children.some(({ name, kind }) => name === 'sql transaction' && kind === client));
  const steps = spans.filter(({ name }) => name.startsWith('step '));
  const step = steps.find(({ attributes }) => attributes['esteira.pipeline.step'] === 'ingest');
  assert.ok(step !== undefined, steps.map(({ attributes }) => JSON.stringify(attributes)).join());
  const job = spans.find(({ spanId }) => spanId === step.parentSpanId);
  assert.deepEqual(
    [job?.name, job?.kind, job?.parentSpanId || undefined],
    ['job pipelines.step', consumer, undefined],
  );
  // The job is a story of its own, with a link to where it was begun.
  assert.notEqual(job?.traceId, started.traceId);
  assert.ok(job?.links.length === 1 && spans.some(({ spanId }) => spanId === job.links[0]?.spanId));
  const within = new Set(spans.filter(({ traceId }) => traceId === job?.traceId).map(({ name }) => name));
  for (const name of ['sql transaction', 'table query', 'blob get']) {
    assert.ok(
      [...within].some((found) => found.startsWith(name.split(' ')[0] ?? '')),
      [...within].join(),
    );
  }
  assert.ok(named('blob adopt').length > 0, spans.map(({ name }) => name).join(', '));
  assert.deepEqual(named('GET /ready'), []);

  const [resource] = receiver.resources;
  assert.equal(resource?.['service.name'], 'esteira-test');
  assert.equal(resource?.['deployment.environment.name'], 'tests');
  // The command line holds the token of this test.
  const everything = JSON.stringify([receiver.resources, spans]);
  assert.ok(!everything.includes(ownerToken) && !everything.includes('hunter2'));
  assert.deepEqual(new Set(receiver.posts.map(({ path }) => path)), new Set(['/v1/traces']));
});

test('by default spans travel as protobuf, and OTEL_SDK_DISABLED silences them', async () => {
  const { place, receiver } = await open();
  const on = await place.start({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
  await on.client.governance.me();
  assert.equal(await on.end('SIGTERM'), 0);
  assert.ok(receiver.posts.some(({ type, bytes }) => type === 'application/x-protobuf' && bytes > 100));
  const sent = receiver.posts.length;
  const off = await place.start({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SDK_DISABLED: 'true' },
  });
  await off.client.governance.me();
  assert.equal(await off.end('SIGTERM'), 0);
  assert.equal(receiver.posts.length, sent);
});

test('a receiver that is away hinders neither requests nor the end', async () => {
  const place = createPlace();
  cleanups.push(place.remove);
  const installation = await place.start({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  });
  assert.equal((await installation.client.governance.me()).name, 'owner');
  assert.equal(await installation.end('SIGTERM'), 0);
});
