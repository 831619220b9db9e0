import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { makeEndpoint, makeServerDirectory } from '../../model-server.fixture.ts';
import type { RunningModelServer } from '../../start-model-server.ts';
import { startServer } from '../../started-server.fixture.ts';

const rows = '{"rows":[{"distance":1,"hour":2,"wind":3}]}';
const tensor = '{"inputs":[{"name":"X","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}';

const path = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      '/v2/models/late-flights/infer',
      '/predict/late-flights',
      '/v1/models/late-flights:predict',
    ),
  },
  fc.constantFrom(
    ...[
      '/v2/models/none/infer',
      '/predict/late-flights?a=b',
      '/v2/models/late-flights/infer#x',
      '/v2/models/%00/infer',
    ],
    ...[
      '/v2/models/late-flights/',
      '/predict/caf\u00e9',
      '//predict/late-flights',
      '/predict/a b',
      '*',
      '/v2/repository/index',
    ],
  ),
);
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(rows, tensor) },
  fc.constantFrom('', '{', '\u0000\u00ff', '[]', ' '.repeat(11_000), `${rows}${rows}`),
);

/** How a request says how long it is. */
const framing = fc.oneof(
  { weight: 6, arbitrary: fc.constant((text: string) => [`Content-Length: ${text.length}`, text]) },
  fc.constantFrom(
    ...['+', '0', ' ', '-', '0x', '', '1_'].map((sign) => (text: string) => [
      `Content-Length: ${sign}${text.length}`,
      text,
    ]),
    (text: string) => [`Content-Length: ${text.length}\r\nContent-Length: ${text.length}`, text],
    (text: string) => [`Content-Length: ${text.length}\r\nContent-Length: 3`, text],
    (text: string) => [`Content-Length: ${text.length}, ${text.length}`, text],
    (text: string) => [`Content-Length: ${text.length + 1}`, text],
    (text: string) => [`Content-Length: ${Math.max(0, text.length - 1)}`, text],
    (text: string) => ['Content-Length: 99999999999', text],
    (text: string) => [`Content-Length: ${text.length}\r\nTransfer-Encoding: chunked`, chunked(text)],
    (text: string) => [`Transfer-Encoding: chunked\r\nContent-Length: ${text.length}`, text],
    (text: string) => ['Transfer-Encoding: chunked', chunked(text)],
    (text: string) => ['X: y', text],
  ),
);
const header = fc.constantFrom(
  ...[
    'Authorization: Bearer secret',
    'Authorization: Bearer nobody',
    'Host: again',
    'Connection: close',
    'Connection: keep-alive',
  ],
  ...['Connection: Keep-Alive, X', 'Expect: 100-continue', 'Expect: more', 'TE: trailers'],
  ...[
    'Content-Type: text/csv',
    'Content-Encoding: gzip',
    'Inference-Header-Content-Length: 5',
    'X-A:',
    'X-B: \t b \t',
    'X:a\tb',
  ],
  ...[
    ' X: folded',
    'X : y',
    ': y',
    'X',
    'X: \u00e9',
    'X: \u0000',
    'X: \u007f',
    'X: a\rY: b',
    'X: a\nY: b',
    '__proto__: x',
    'X_Y: z',
  ],
  ...[
    `X: ${'x'.repeat(4_000)}`,
    `X: ${'x'.repeat(20_000)}`,
    'X: 1\r\n'.repeat(100).trimEnd(),
    "X!#$%&'*+-.^_`|~: 1",
    'X(: 1',
  ],
);
const request = fc
  .record({
    method: fc.oneof(
      { weight: 8, arbitrary: fc.constant('POST') },
      fc.constantFrom('GET', 'PUT', 'post', 'HEAD', 'P\u00d6ST'),
    ),
    path,
    version: fc.oneof(
      { weight: 8, arbitrary: fc.constant('HTTP/1.1') },
      fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'http/1.1'),
    ),
    host: fc.oneof({ weight: 8, arbitrary: fc.constant(['Host: here']) }, fc.constant([])),
    key: fc.oneof({ weight: 8, arbitrary: fc.constant(['Authorization: Bearer secret']) }, fc.constant([])),
    more: fc.array(header, { maxLength: 2 }),
    body,
    framing,
  })
  .map(({ method, version, host, key, more, framing: frame, ...asked }) => {
    const [length = '', sent = ''] = frame(asked.body);
    return [`${method} ${asked.path} ${version}`, ...host, ...key, ...more, length, '', sent].join('\r\n');
  });
/** Requests on one connection, a byte of them changed, and where the network cuts them. */
const conversation = fc.record({
  sent: fc.array(request, { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
  change: fc.option(fc.record({ at: fc.nat(), byte: fc.nat(255), removed: fc.nat(1) })),
  cuts: fc.array(fc.nat(), { maxLength: 3 }),
});

function chunked(text: string): string {
  return text === '' ? '0\r\n\r\n' : `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
}

describe('requests of any kind', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    server = await startServer(files.directory);
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  it('are answered alike from the socket and by node:http, wherever they are cut', async () => {
    const probe = 'GET /v2/health/live HTTP/1.1\r\nHost: here\r\n\r\n';
    const { port } = new URL(server.httpUrl);
    await fc.assert(
      fc.asyncProperty(conversation, async ({ sent, change, cuts }) => {
        const bytes = changed(Buffer.from(sent, 'latin1'), change);
        const parts = cutAt(bytes, cuts);
        const fromSocket = await converse(Number(port), parts);
        // A connection whose first request is no plain one stays with node:http.
        const byNode = await converse(Number(port), [Buffer.from(probe), ...parts]);
        assert.match(byNode[0] ?? '', /\{"live":true\}$/);
        assertAlike(fromSocket, byNode.slice(1), sent);
      }),
      { numRuns: 150 },
    );
  });
});

/** A request whose body cannot be read may be refused by its head before that is seen. */
function assertAlike(fromSocket: readonly string[], byNode: readonly string[], sent: string): void {
  const isBroken = (answer: string | undefined): boolean =>
    answer?.includes('INFERENCE_HTTP_BROKEN') === true;
  const common = Math.min(fromSocket.length, byNode.length);
  const early = (answers: readonly string[]): readonly string[] =>
    answers.length === common + 1 && isBroken(answers.at(-1)) ? answers.toSpliced(-2, 1) : answers;
  assert.deepEqual(early(fromSocket), early(byNode), JSON.stringify(sent.slice(0, 2_000)));
}

function changed(bytes: Buffer, change: { at: number; byte: number; removed: number } | null): Buffer {
  if (change === null) return bytes;
  const at = change.at % bytes.length;
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from([change.byte]),
    bytes.subarray(at + change.removed),
  ]);
}

function cutAt(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/** The answers on one connection on which nothing more is said, but for what differs from answer to answer. */
async function converse(port: number, parts: readonly Buffer[]): Promise<readonly string[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A server that has refused a request may close before it has read what follows.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.once('end', () => socket.end());
  for (const part of parts) {
    if (part.length === 0 || !socket.writable) continue;
    await new Promise((resolve) => socket.write(part, resolve));
    await new Promise(setImmediate);
  }
  if (socket.writable) socket.end();
  await closed;
  const text = Buffer.concat(chunks).toString('latin1');
  const answers = text === '' ? [] : text.split(/(?=HTTP\/1\.1 )/).map(withoutChance);
  // What was sent behind the last that is answered may be read or not.
  const last = answers.findIndex((answer) => answer.includes('connection: close\n'));
  return last < 0 ? answers : answers.slice(0, last + 1);
}

/** An answer without its time, its number, and the order of its headers. */
function withoutChance(answer: string): string {
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const lines = head.toLowerCase().split('\r\n');
  const kept = lines.filter((line) => !line.startsWith('date: ')).sort();
  return [kept.join('\n'), ...rest].join('\n\n').replace(/pr_[0-9a-f]+/g, 'pr_');
}
