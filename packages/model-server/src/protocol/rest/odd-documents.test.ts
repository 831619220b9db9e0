import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeEndpoint, makeKey, makeServerDirectory } from '../../model-server.fixture.ts';
import type { RunningModelServer } from '../../start-model-server.ts';
import { request, startServer } from '../../started-server.fixture.ts';

const row = { distance: 1, hour: 2, wind: 3 };
const tensor = { name: 'X', datatype: 'FP32', shape: [1, 3], parameters: { a: 1 }, data: [1, 2, 3] };

/** Requests that are answered, with as many of the optional parts as fit. */
const requests: readonly (readonly [string, unknown])[] = [
  [
    '/v2/models/late-flights/infer',
    {
      id: 'a',
      parameters: { entity_key: ['a'], event_time: [1], binary_data_output: false },
      inputs: [tensor],
      outputs: [{ name: 'label', parameters: { binary_data: false } }],
    },
  ],
  ['/v2/models/late-flights/infer', { inputs: [{ ...tensor, data: [[1, 2, 3]] }] }],
  [
    '/models/late-flights/invocations',
    { dataframe_split: { columns: ['distance', 'hour', 'wind'], index: [0], data: [[1, 2, 3]] }, params: {} },
  ],
  ['/models/late-flights/invocations', { inputs: { distance: [1], hour: [2], wind: [3] } }],
  [
    '/v1/models/late-flights:predict',
    { signature_name: 'serving_default', instances: [[1, 2, 3]], more: { b64: 'YQ==' } },
  ],
  ['/v1/models/late-flights:classify', { context: { hour: 1 }, examples: [{ distance: 1, wind: [3] }] }],
  ['/predictions/late-flights', { instances: [row] }],
  ['/predict/late-flights', { rows: [row], entityKeys: ['a'], eventTimes: [1], explain: false }],
];

const nested = (times: number): string => `${'['.repeat(times)}${']'.repeat(times)}`;

/** Values that are wrong nearly everywhere, as JSON. */
const odd: readonly string[] = [
  'null',
  '1e400',
  '9007199254740993',
  '"\\ud800\\u0000"',
  `"${'x'.repeat(20_000)}"`,
  '{"toString":1,"valueOf":1}',
  '[{"toString":1,"valueOf":1}]',
  '{"__proto__":{"length":3}}',
  nested(30_000),
  `[1,${nested(30_000)}]`,
  `{"b64":${nested(30_000)}}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
];

describe('a document with an odd part', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    const limits = { maxBodyBytes: 1_000_000, maxRows: 100, timeoutMs: 60_000 };
    files.write([makeEndpoint(files.addVersion(1, 5), { limits, keys: [makeKey('secret')] })]);
    server = await startServer(files.directory);
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  for (const [path, whole] of requests) {
    it(`is answered or refused in short, wherever the part is, at ${path} with ${Object.keys(whole as object).join(', ')}`, async () => {
      assert.equal((await request(server.httpUrl + path, { key: 'secret', body: whole })).status, 200);
      for (const body of withOddPart(whole)) {
        const { status, text } = await request(server.httpUrl + path, { key: 'secret', body });
        assert.ok(status === 200 || status === 400, `${body.slice(0, 300)} ${text.slice(0, 300)}`);
        assert.ok(status === 200 || text.length < 2_000, `${body.slice(0, 300)} ${text.slice(0, 300)}`);
      }
    });
  }
});

/** The document as JSON with each of its parts replaced by each odd value, each field named oddly, and each said twice. */
function* withOddPart(document: unknown): Generator<string> {
  yield* odd;
  if (typeof document !== 'object' || document === null) return;
  const parts: readonly (readonly [string, unknown])[] = Object.entries(document);
  const [first, last] = Array.isArray(document) ? '[]' : '{}';
  for (const [place, [name, part]] of parts.entries()) {
    const write = (key: string, value: string): string => {
      const written = parts.map(([other, kept], position) =>
        field(document, position === place ? key : other, position === place ? value : JSON.stringify(kept)),
      );
      return `${first}${written.join(',')}${last}`;
    };
    for (const replaced of withOddPart(part)) yield write(name, replaced);
    yield write('__proto__', JSON.stringify(part));
    yield write(name, `${JSON.stringify(part)},${field(document, name, JSON.stringify(part))}`);
  }
}

function field(document: object, name: string, value: string): string {
  return Array.isArray(document) ? value : `${JSON.stringify(name)}:${value}`;
}
