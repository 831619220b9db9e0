import assert from 'node:assert/strict';
import { connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeEndpoint, makeServerDirectory } from '../../model-server.fixture.ts';
import { type RunningModelServer, startModelServer } from '../../start-model-server.ts';
import { grpcStatus } from './grpc-status.ts';
import { readProto } from './proto-reader.ts';
import { createProtoWriter } from './proto-writer.ts';

const silent = { info() {}, warn() {}, error() {} };
const infer = '/inference.GRPCInferenceService/ModelInfer';
const key = { authorization: 'Bearer secret' };

describe('the wire of gRPC', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    const options = { directory: files.directory, host: '127.0.0.1', port: 0, grpcPort: 0 };
    server = await startModelServer(
      { ...options, shipPauseMs: 10, statusIntervalMs: 1_000, drainMs: 1_000 },
      silent,
    );
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  /** One call: its status and the bytes of its messages. */
  async function call(path: string, body: Buffer, headers: OutgoingHttpHeaders = {}) {
    const session = connect(`http://${server.grpcAddress}`);
    try {
      return await new Promise<{ status: number; message: string; body: Buffer }>((resolve, reject) => {
        const stream = session.request({
          ':method': 'POST',
          ':path': path,
          'content-type': 'application/grpc',
          te: 'trailers',
          ...headers,
        });
        let status: unknown;
        let message: unknown;
        const chunks: Buffer[] = [];
        const note = (found: Readonly<Record<string, unknown>>): void => {
          status ??= found['grpc-status'];
          message ??= found['grpc-message'];
        };
        stream.on('response', note);
        stream.on('trailers', note);
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', reject);
        stream.on('close', () =>
          resolve({ status: Number(status), message: String(message), body: Buffer.concat(chunks) }),
        );
        stream.end(body);
      });
    } finally {
      session.close();
    }
  }

  const framed = (message: Uint8Array, compressed = 0): Buffer => {
    const head = Buffer.alloc(5);
    head[0] = compressed;
    head.writeUInt32BE(message.length, 1);
    return Buffer.concat([head, message]);
  };
  const question = (): Buffer => {
    const writer = createProtoWriter();
    writer.text(1, 'late-flights');
    writer.message(5, (input) => {
      input.text(1, 'X');
      input.text(2, 'FP32');
      input.packed(3, [1, 3]);
      input.message(5, (contents) => contents.bytes(6, Buffer.from(Float32Array.from([9, 2, 3]).buffer)));
    });
    return writer.finish();
  };

  it('takes compressed messages, and says which encodings it knows when it does not know one', async () => {
    const plain = await call(infer, framed(question()), key);
    assert.equal(plain.status, grpcStatus.ok);
    const packed = await call(infer, framed(gzipSync(question()), 1), { ...key, 'grpc-encoding': 'gzip' });
    assert.equal(packed.status, grpcStatus.ok);
    const unknown = await call(infer, framed(question()), { ...key, 'grpc-encoding': 'snappy' });
    assert.equal(unknown.status, grpcStatus.unimplemented);
    assert.match(unknown.message, /identity,gzip,deflate/);
    const unnamed = await call(infer, framed(gzipSync(question()), 1), key);
    assert.equal(unnamed.status, grpcStatus.internal);
  });

  it('gives no answer after the deadline of the call', async () => {
    const late = await call(infer, framed(question()), { ...key, 'grpc-timeout': '1n' });
    assert.equal(late.status, grpcStatus.deadlineExceeded);
    const broken = await call(infer, framed(question()), { ...key, 'grpc-timeout': 'soon' });
    assert.equal(broken.status, grpcStatus.invalidArgument);
  });

  it('refuses what is no message, and stays up for those that are', async () => {
    const whole = question();
    for (const wrong of [
      Buffer.alloc(0),
      Buffer.from([0, 0, 0]),
      framed(whole).subarray(0, -3),
      Buffer.concat([framed(whole), framed(whole)]),
      framed(Buffer.from('garbage that is no message')),
      framed(Buffer.alloc(2_000, 0x0f)),
    ]) {
      const answer = await call(infer, wrong, key);
      assert.equal(answer.status, grpcStatus.invalidArgument, answer.message);
    }
    for (let length = 0; length < whole.length; length++) {
      const { status } = await call(infer, framed(whole.subarray(0, length)), key);
      assert.ok(
        [grpcStatus.invalidArgument, grpcStatus.notFound].some((code) => code === status),
        String(status),
      );
    }
    const huge = Buffer.alloc(5);
    huge.writeUInt32BE(0xffffffff, 1);
    assert.equal((await call(infer, huge, key)).status, grpcStatus.resourceExhausted);
    assert.equal(
      (await call('/inference.GRPCInferenceService/Nothing', framed(whole), key)).status,
      grpcStatus.unimplemented,
    );
    assert.equal(
      (await call('/inference.GRPCInferenceService/Nothing', framed(whole))).status,
      grpcStatus.unauthenticated,
    );
    assert.equal((await call(infer, framed(whole), key)).status, grpcStatus.ok);
  });

  it('tells health to everybody, and definitions to those with a key', async () => {
    const health = await call('/grpc.health.v1.Health/Check', framed(Buffer.alloc(0)));
    assert.deepEqual([health.status, [...health.body.subarray(5)]], [grpcStatus.ok, [0x08, 0x01]]);
    const unknown = createProtoWriter();
    unknown.text(1, 'other.Service');
    assert.equal(
      (await call('/grpc.health.v1.Health/Check', framed(unknown.finish()))).status,
      grpcStatus.notFound,
    );
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const ask = createProtoWriter();
    ask.text(4, 'inference.GRPCInferenceService');
    const asked = framed(ask.finish());
    assert.equal((await call(path, asked)).status, grpcStatus.unauthenticated);
    const told = await call(path, asked, key);
    assert.equal(told.status, grpcStatus.ok);
    const reader = readProto(told.body.subarray(5));
    const fields: number[] = [];
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      fields.push(field);
      reader.skip();
    }
    assert.deepEqual(fields, [2, 4]);
    assert.ok(told.body.includes('GRPCInferenceService'));
    for (const release of ['v1', 'v1alpha']) {
      const own = createProtoWriter();
      own.text(4, `grpc.reflection.${release}.ServerReflection.ServerReflectionInfo`);
      const { body } = await call(path, framed(own.finish()), key);
      assert.ok(body.includes(`.grpc.reflection.${release}.ServerReflectionRequest`), release);
    }
  });

  it('watches health until the server ends', async () => {
    const session = connect(`http://${server.grpcAddress}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Watch',
      'content-type': 'application/grpc',
    });
    stream.end(framed(Buffer.alloc(0)));
    const first = await new Promise<Buffer>((resolve) => stream.once('data', resolve));
    assert.deepEqual([...first.subarray(5)], [0x08, 0x01]);
    stream.close(constants.NGHTTP2_CANCEL);
    session.close();
  });
});
