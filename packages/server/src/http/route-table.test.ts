import assert from 'node:assert/strict';
import { type ClientRequest, request } from 'node:http';
import { after, before, test } from 'node:test';
import { route } from '@esteira/contracts';
import { z } from 'zod';
import { bindRoute } from '../kernel/route-binding.ts';
import { openHttpEdge } from './http-server.fixture.ts';

const answering = route({
  id: 'test.answer',
  method: 'POST',
  path: '/api/v1/answers/:what',
  access: 'self',
  summary: 'Answers as told.',
  params: z.object({ what: z.string() }),
  body: z.object({ known: z.number().default(7) }),
  response: z.object({ value: z.number(), late: z.boolean().optional() }),
  status: 201,
});
const uploading = route({
  id: 'test.upload',
  method: 'POST',
  path: '/api/v1/uploads',
  access: 'datasets:write',
  summary: 'Counts bytes.',
  body: 'stream',
  response: z.object({ bytes: z.number() }),
});
const downloading = route({
  id: 'test.download',
  method: 'GET',
  path: '/api/v1/downloads/:how',
  access: 'datasets:read',
  summary: 'Gives bytes.',
  params: z.object({ how: z.string() }),
  response: 'stream',
});

const mebibyte = 1024 * 1024;
/** What the upload handler saw last. */
const upload = { chunks: 0, largestChunk: 0, peakHeap: 0, ended: Promise.withResolvers<string>() };
const waiting = { began: Promise.withResolvers<void>(), aborted: Promise.withResolvers<void>() };

let edge: Awaited<ReturnType<typeof openHttpEdge>>;
let credentials: { authorization: string };
let port: number;

before(async () => {
  edge = await openHttpEdge({
    config: { bodyLimit: 4096 },
    routes: [
      bindRoute(answering, async ({ params, body }, _context, signal) => {
        if (params.what === 'too much') return { value: body.known, password: 'hunter2' };
        if (params.what === 'wrong') return { value: 'hunter2' } as never;
        if (params.what === 'late') {
          // Long enough for the request's own streams to have ended.
          await new Promise((resolve) => setTimeout(resolve, 30));
          return { value: 1, late: signal.aborted };
        }
        if (params.what === 'never') {
          waiting.began.resolve();
          await new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => resolve());
          });
          waiting.aborted.resolve();
        }
        return { value: body.known };
      }),
      bindRoute(uploading, async ({ body }) => {
        let bytes = 0;
        Object.assign(upload, { chunks: 0, largestChunk: 0, peakHeap: 0 });
        try {
          for await (const chunk of body) {
            bytes += chunk.length;
            upload.chunks += 1;
            upload.largestChunk = Math.max(upload.largestChunk, chunk.length);
            const { arrayBuffers, heapUsed } = process.memoryUsage();
            if (upload.chunks % 16 === 0)
              upload.peakHeap = Math.max(upload.peakHeap, arrayBuffers + heapUsed);
          }
        } catch (error) {
          upload.ended.resolve('cut off');
          throw error;
        }
        upload.ended.resolve('complete');
        return { bytes };
      }),
      bindRoute(downloading, async ({ params }) => ({
        contentType: 'text/plain',
        fileName: 'naïve "name".txt',
        ...(params.how === 'torn' ? {} : { size: 6 }),
        bytes: (async function* () {
          if (params.how === 'missing') throw new Error('nothing there');
          yield Buffer.from('abc');
          if (params.how === 'torn') throw new Error('torn');
          yield Buffer.from('def');
        })(),
      })),
    ],
  });
  credentials = await edge.credentials('data-scientist');
  ({ port } = await edge.http.listen());
});

after(() => edge.close());

async function answer(what: string, payload: object = {}) {
  return edge.app.inject({
    method: 'POST',
    url: `/api/v1/answers/${encodeURIComponent(what)}`,
    headers: credentials,
    payload,
  });
}

function startUpload(headers: Record<string, string> = credentials): ClientRequest {
  return request({ port, host: '127.0.0.1', method: 'POST', path: '/api/v1/uploads', headers });
}

function replyOf(sent: ClientRequest): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    sent.on('response', (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
  });
}

test('the handler gets the request after parsing, with defaults, and answers with the status of the contract', async () => {
  const reply = await answer('parsed');
  assert.equal(reply.statusCode, 201);
  assert.deepEqual(reply.json(), { value: 7 });
});

test('what the contract does not name never leaves', async () => {
  const reply = await answer('too much', { known: 1 });
  assert.deepEqual(reply.json(), { value: 1 });
});

test('an answer that breaks its contract is an error of the server that shows none of it', async () => {
  const reply = await answer('wrong');
  assert.equal(reply.statusCode, 500);
  assert.equal(reply.json().code, 'INTERNAL');
  assert.ok(!reply.payload.includes('hunter2') && !reply.payload.includes('expected'));
});

test('a handler that works on after reading the body is not told that the caller left', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/answers/late`, {
    method: 'POST',
    headers: { ...credentials, 'content-type': 'application/json' },
    body: '{}',
  });
  assert.deepEqual(await response.json(), { value: 1, late: false });
});

test('a handler that waits is told when the caller leaves', async () => {
  const controller = new AbortController();
  const gone = fetch(`http://127.0.0.1:${port}/api/v1/answers/never`, {
    method: 'POST',
    headers: { ...credentials, 'content-type': 'application/json' },
    body: '{}',
    signal: controller.signal,
  });
  await waiting.began.promise;
  controller.abort();
  await assert.rejects(gone);
  await waiting.aborted.promise;
});

test('an upload passes through in pieces: memory stays bounded and the JSON limit does not apply', async () => {
  const total = 256 * mebibyte;
  upload.ended = Promise.withResolvers();
  const sent = startUpload();
  const reply = replyOf(sent);
  const piece = Buffer.alloc(mebibyte, 7);
  for (let written = 0; written < total; written += piece.length) {
    if (!sent.write(piece)) await new Promise((resolve) => sent.once('drain', resolve));
  }
  sent.end();
  assert.deepEqual(JSON.parse((await reply).body), { bytes: total });
  assert.ok(upload.largestChunk <= mebibyte, `a piece of ${upload.largestChunk} bytes`);
  assert.ok(upload.peakHeap < 0.75 * total, `${upload.peakHeap} bytes held`);
});

test('an upload may carry any content type, JSON and none included', async () => {
  for (const type of ['application/json', 'text/csv', 'multipart/form-data; boundary=x']) {
    const reply = await edge.app.inject({
      method: 'POST',
      url: uploading.path,
      headers: { ...credentials, 'content-type': type },
      payload: 'not json',
    });
    assert.deepEqual(reply.json(), { bytes: 8 }, type);
  }
  const untyped = startUpload();
  const reply = replyOf(untyped);
  untyped.end('not json');
  assert.equal((await reply).body, '{"bytes":8}');
});

test('closing the server releases who waits, with an answer', async () => {
  const second = await openHttpEdge({
    routes: [
      bindRoute(answering, async (_request, _context, signal) => {
        second.held.resolve();
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve());
        });
        return { value: 1 };
      }),
    ],
  }).then((edge) => ({ ...edge, held: Promise.withResolvers<void>() }));
  const { url } = await second.http.listen();
  const answered = fetch(`${url}/api/v1/answers/x`, {
    method: 'POST',
    headers: { ...(await second.credentials('viewer')), 'content-type': 'application/json' },
    body: '{}',
  });
  await second.held.promise;
  const closed = second.close();
  assert.deepEqual(await (await answered).json(), { value: 1 });
  await closed;
  await assert.rejects(fetch(`${url}/health`));
});

test('an upload that the client breaks off reaches the handler as an error, and is no error of the server', async () => {
  edge.log.splice(0);
  upload.ended = Promise.withResolvers();
  const sent = startUpload();
  sent.on('error', () => {});
  sent.write(Buffer.alloc(1000), () => setTimeout(() => sent.destroy(), 20));
  assert.equal(await upload.ended.promise, 'cut off');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    edge.log.filter(({ level }) => level === 'error'),
    [],
  );
});

test('who may not upload is refused before a byte of the body is read', async () => {
  const viewer = await edge.credentials('viewer');
  upload.ended = Promise.withResolvers();
  upload.chunks = 0;
  const sent = startUpload(viewer);
  const reply = replyOf(sent);
  sent.write(Buffer.alloc(10));
  const { status, body } = await reply;
  assert.equal(status, 403);
  assert.equal(JSON.parse(body).details.permission, 'datasets:write');
  assert.equal(upload.chunks, 0);
  sent.destroy();
});

test('a download names its type and file', async () => {
  const reply = await edge.app.inject({ url: '/api/v1/downloads/whole', headers: credentials });
  assert.equal(reply.payload, 'abcdef');
  assert.equal(reply.headers['content-type'], 'text/plain');
  assert.equal(reply.headers['content-length'], '6');
  assert.equal(
    reply.headers['content-disposition'],
    "attachment; filename*=UTF-8''na%C3%AFve%20%22name%22.txt",
  );
});

test('a download that fails at once is answered by the error table', async () => {
  const reply = await edge.app.inject({ url: '/api/v1/downloads/missing', headers: credentials });
  assert.equal(reply.statusCode, 500);
  assert.equal(reply.json().code, 'INTERNAL');
  assert.equal(reply.headers['content-disposition'], undefined);
});

test('a download that fails midway ends torn, so that nobody takes a part for the whole', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/downloads/torn`, { headers: credentials });
  await assert.rejects(response.text());
});
