import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { openWire } from '../../http/wire.fixture.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { type Attributes, createLlm, type ReceivedSpan, type SpanValue } from '../../llm/index.ts';
import { ana, openTracking } from '../../tracking/tracking.fixture.ts';
import { createExperimentIds } from '../experiment-ids.ts';
import { spanText } from '../mlflow/traces/span-message.ts';
import { decodeExportRequest } from './decode-export-request.ts';
import { encodeRequest } from './export-request.fixture.ts';
import { createOtlpWire } from './otlp-wire.ts';

const service: Attributes = [['service.name', 'shop']];

function aSpan(given: Partial<ReceivedSpan['span']> = {}, resource: Attributes = service): ReceivedSpan {
  return {
    traceId: '0123456789abcdef0123456789abcdef',
    resource,
    scope: 'tests',
    span: {
      id: '00000000000000aa',
      name: 'work',
      kind: 3,
      startedAt: '1700000000000000001',
      endedAt: '1700000000500000002',
      status: 'OK',
      attributes: [],
      events: [],
      links: [],
      ...given,
    },
  };
}

/** The same as the JSON that OTLP has for it, for a span without special values. */
function asJson({ traceId, span, resource }: ReceivedSpan): unknown {
  const entries = (attributes: Attributes) =>
    attributes.map(([key, value]) => ({ key, value: { stringValue: value } }));
  return {
    resourceSpans: [
      {
        resource: { attributes: entries(resource) },
        unknownField: 1,
        scopeSpans: [
          {
            spans: [
              {
                traceId: traceId.toUpperCase(),
                spanId: span.id,
                name: span.name,
                kind: span.kind,
                startTimeUnixNano: span.startedAt,
                endTimeUnixNano: span.endedAt,
                attributes: [
                  { key: 'n', value: { intValue: '9007199254740993' } },
                  { key: 'm', value: { intValue: 7 } },
                ],
                status: { code: 1 },
              },
            ],
          },
        ],
      },
    ],
  };
}

describe('the OpenTelemetry protocol', () => {
  let house: Awaited<ReturnType<typeof openTracking>>;
  let app: FastifyInstance;
  let llm: ReturnType<typeof createLlm>;
  before(async () => {
    house = await openTracking();
    const ids = createIdGenerator({ clock: house.clock, random: systemRandom });
    llm = createLlm({
      ...house,
      ids,
      random: systemRandom,
      surroundings: {
        findExperiment: (workspace, by) => house.tracking.reader.experiment(workspace, by),
        findRun: (workspace, id) => house.tracking.reader.find(workspace, id),
      },
    });
    const wire = createOtlpWire({ traces: llm.traces, experimentIds: createExperimentIds(house.tracking) });
    app = await openWire(wire, ana);
  });
  after(async () => {
    await app.close();
    await house.close();
  });

  const protobuf = { 'content-type': 'application/x-protobuf' };
  const json = { 'content-type': 'application/json' };
  const ofMlflow = { ...protobuf, 'x-mlflow-experiment-id': '0' };

  const send = (payload: Buffer | string, headers: Record<string, string>) =>
    app.inject({ method: 'POST', url: '/v1/traces', headers, payload });

  const storedSpans = async (id: string) => {
    const spans = [];
    for await (const piece of llm.traces.spans('ws_1', id)) spans.push(...piece);
    return spans;
  };

  it('keeps spans of protobuf and JSON alike, packed or not, each once', async () => {
    const body = encodeRequest([aSpan()]);
    for (const [payload, headers] of [
      [body, protobuf],
      [gzipSync(body), { ...protobuf, 'content-encoding': 'gzip' }],
      [deflateSync(body), { ...protobuf, 'content-encoding': 'deflate' }],
      [deflateRawSync(body), { ...protobuf, 'content-encoding': 'deflate' }],
      [JSON.stringify(asJson(aSpan())), { 'content-type': 'application/json; charset=utf-8' }],
    ] as const) {
      const answer = await send(payload, headers);
      assert.equal(answer.statusCode, 200, answer.body);
      assert.equal(answer.body, headers['content-type'] === protobuf['content-type'] ? '' : '{}');
    }
    const [only, ...others] = await storedSpans('tr-0123456789abcdef0123456789abcdef');
    assert.equal(others.length, 0);
    assert.deepEqual(only?.span.attributes, [
      ['n', { i: '9007199254740993' }],
      ['m', 7],
    ]);
    assert.equal(only?.span.startedAt, '1700000000000000001');
    const head = await llm.traces.head('ws_1', 'tr-0123456789abcdef0123456789abcdef');
    assert.deepEqual({ ...head.tags }, { 'service.name': 'shop' });
    assert.equal(head.durationMs, 500);
  });

  it('of an MLflow client takes ids of zeros, and tells which coding agent sent a root span', async () => {
    const traceId = '0'.repeat(32);
    const agent: Attributes = [['service.name', 'gemini-cli']];
    const child = { id: '00000000000000bb', parentId: '00000000000000aa' };
    const spans = [aSpan({}, agent), aSpan(child, agent)].map((each) => ({ ...each, traceId }));
    assert.equal((await send(encodeRequest(spans), ofMlflow)).statusCode, 200);
    const [root, below] = await storedSpans(`tr-${traceId}`);
    assert.deepEqual([root?.span.attributes, below?.span.attributes], [agent, []]);
  });

  it('takes times as numbers of JSON without losing a nanosecond', async () => {
    const traceId = 'a'.repeat(32);
    const text = JSON.stringify(asJson({ ...aSpan(), traceId })).replace(
      '"1700000000000000001"',
      '1700000000000000001',
    );
    assert.equal((await send(text, json)).statusCode, 200);
    const [span] = await storedSpans(`tr-${traceId}`);
    assert.equal(span?.span.startedAt, '1700000000000000001');
  });

  it('tells what it did not take, and why, and keeps the rest', async () => {
    const good = { ...aSpan(), traceId: 'b'.repeat(32) };
    const answer = await send(encodeRequest([good, aSpan({ id: '00' })]), protobuf);
    assert.equal(answer.statusCode, 200);
    assert.deepEqual([...answer.rawPayload.subarray(2, 4)], [8, 1]);
    assert.equal((await storedSpans(`tr-${good.traceId}`)).length, 1);
    assert.equal((await send('', protobuf)).statusCode, 200);
  });

  it('refuses in the encoding it was asked in', async () => {
    const broken = await send('\u0001not protobuf', protobuf);
    assert.equal(broken.statusCode, 400);
    assert.equal(broken.headers['content-type'], 'application/x-protobuf');
    assert.deepEqual([...broken.rawPayload.subarray(0, 2)], [8, 3]);
    const other = await send('{"resourceSpans":[', json);
    assert.equal(other.json<{ code: number }>().code, 3);
    assert.equal((await send('x', { 'content-type': 'text/plain' })).statusCode, 400);
    assert.equal((await send(encodeRequest([aSpan({}, [])]), protobuf)).statusCode, 422);
  });

  it('unpacks no more than it would take', async () => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024));
    assert.equal((await send(bomb, { ...protobuf, 'content-encoding': 'gzip' })).statusCode, 413);
    assert.equal((await send('no gzip', { ...protobuf, 'content-encoding': 'gzip' })).statusCode, 400);
    assert.equal((await send('x', { ...protobuf, 'content-encoding': 'br' })).statusCode, 400);
  });

  it('follows the rules of MLflow where an experiment is named', async () => {
    const run = await house.tracking.startRun(ana, { experiment: 'Default', name: 'r' });
    const span = { ...aSpan({}, []), traceId: 'c'.repeat(32) };
    const taken = await send(encodeRequest([span]), { ...ofMlflow, 'x-mlflow-run-id': run.id });
    assert.equal(taken.statusCode, 200, taken.body);
    const found = await llm.traces.search('ws_1', {
      conditions: [{ field: { kind: 'run' }, operator: '=', value: run.id }],
      order: [],
      limit: 5,
    });
    assert.deepEqual(
      found.items.map(({ id }) => id),
      [`tr-${span.traceId}`],
    );
    for (const [payload, headers, expected] of [
      ['', ofMlflow, 400],
      ['\u0001', ofMlflow, 400],
      [encodeRequest([span]), { ...ofMlflow, 'content-type': 'text/plain' }, 400],
      [encodeRequest([aSpan({ id: '' })]), ofMlflow, 422],
      [encodeRequest([span]), { ...ofMlflow, 'x-mlflow-experiment-id': '999' }, 404],
    ] as const) {
      const answer = await send(payload, headers);
      assert.equal(answer.statusCode, expected, answer.body);
      assert.equal(typeof answer.json<{ error_code: string }>().error_code, 'string');
    }
  });

  it('refuses whatever is no message, and never fails over it', async () => {
    const body = encodeRequest([aSpan({ attributes: [['a', [1, { m: [['k', 'v']] }]]] })]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(body.length - 1),
        fc.nat(255),
        fc.nat(body.length),
        async (at, byte, length) => {
          const broken = Buffer.from(body.subarray(0, length));
          if (at < broken.length) broken[at] = byte;
          const answer = await send(broken, protobuf);
          assert.ok([200, 400, 422].includes(answer.statusCode), answer.body);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('loses nothing of any span on its way through the store to MLflow’s JSON', async () => {
    const { value, key } = fc.letrec<{ value: SpanValue; key: string }>((tie) => ({
      key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed()),
        fc.boolean(),
        fc.maxSafeInteger(),
        fc.bigInt({ min: 2n ** 60n, max: 2n ** 63n - 1n }).map((big) => ({ i: String(big) })),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((d) => ({ d: d + 0 })),
        fc.constantFrom({ d: 'NaN' as const }, { d: '-Infinity' as const }),
        fc.uint8Array({ maxLength: 6 }).map((bytes) => ({ b: Buffer.from(bytes).toString('base64') })),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(tie('key'), tie('value')), { maxLength: 3 }).map((m) => ({ m })),
      ),
    }));
    const time = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String);
    const attributes = fc.uniqueArray(fc.tuple(key, value), { maxLength: 4, selector: ([name]) => name });
    const id = (bytes: number) =>
      fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((random) => {
        random[0] = 1;
        return Buffer.from(random).toString('hex');
      });
    const plain = { noNullPrototype: true };
    const span = fc.record({
      traceId: id(16),
      id: id(8),
      name: fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed()),
      startedAt: time,
      endedAt: time,
      status: fc.constantFrom('UNSET', 'OK', 'ERROR'),
      statusMessage: fc.string({ minLength: 1, maxLength: 8 }),
      attributes,
      events: fc.array(fc.record({ name: fc.string(), at: time, attributes }, plain), { maxLength: 2 }),
      links: fc.array(fc.record({ traceId: id(16), spanId: id(8), attributes }, plain), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(span, async ({ traceId, ...given }) => {
        const sent = { ...aSpan({ ...given, status: given.status as 'OK' }), traceId };
        const decoded = await decodeExportRequest(encodeRequest([sent]));
        assert.deepEqual(decoded.spans, [sent]);
        await llm.traces.addSpans(ana, 'exp_any', decoded.spans);
        const stored = (await storedSpans(`tr-${traceId}`)).find((each) => each.span.id === sent.span.id);
        assert.ok(stored !== undefined);
        assert.deepEqual(stored.span, sent.span);
        const message = JSON.parse(spanText(stored, `tr-${traceId}`)) as {
          name: string;
          attributes: { key: string }[];
          events?: unknown[];
        };
        assert.equal(message.name, sent.span.name);
        assert.equal(
          spanText(stored, `tr-${traceId}`).includes(`"start_time_unix_nano":${sent.span.startedAt},`),
          true,
        );
        for (const [name] of sent.span.attributes)
          assert.ok(message.attributes.some((entry) => entry.key === name));
      }),
      { numRuns: 60 },
    );
  });
});
