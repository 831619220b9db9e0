import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, type SessionOptions } from 'node:http2';
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fieldOf } from './hpack-decoder.ts';
import { type Http2Connection, serveHttp2 } from './http2-connection.ts';
import { errorCode, frameFlag, frameType, headBytes, writeHead } from './http2-frames.ts';
import type { Http2Stream } from './http2-stream.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const nothing = Buffer.alloc(0);
/** POST, http, and the path of one slash. */
const request = Buffer.from([0x83, 0x86, 0x84]);

describe('a connection of HTTP/2', () => {
  let server: Server;
  let port: number;
  const connections = new Set<Http2Connection>();
  const problems: unknown[] = [];
  let take: (stream: Http2Stream) => void;

  beforeEach(async () => {
    take = echo;
    server = createServer((socket: Socket) => {
      const connection = serveHttp2(socket, {
        take: (stream) => take(stream),
        onError: (error) => problems.push(error),
      });
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    server.close();
    await once(server, 'close');
    assert.deepEqual(problems.splice(0), []);
  });

  it('gives back what it was sent, large and small, many at a time, whatever the windows', async () => {
    for (const settings of [
      {},
      { initialWindowSize: 1 },
      { initialWindowSize: 100_000, headerTableSize: 0, maxFrameSize: 1_000_000 },
    ]) {
      const session = open({ settings, maxSessionMemory: 100 });
      const bodies = Array.from({ length: 40 }, (_, place) =>
        Buffer.alloc(settings.initialWindowSize === 1 ? place : 20 * place ** 3, place),
      );
      const answers = await Promise.all(bodies.map((body) => ask(session, body)));
      for (const [place, { body, trailers }] of answers.entries()) {
        assert.ok(body.equals(bodies[place] ?? nothing), `the answer of ${bodies[place]?.length} bytes`);
        assert.deepEqual(trailers, { 'grpc-status': '0', long: 'x'.repeat(300) });
      }
      session.close();
      await once(session, 'close');
    }
  });

  it('holds what is not taken only as far as its window, and lets others pass', async () => {
    let held = 0;
    take = (stream) => {
      if (fieldOf(stream.headers, ':path') !== '/held') {
        echo(stream);
        return;
      }
      stream.listener = { ...stream.listener, data: (bytes) => (held += bytes.length) };
    };
    const session = open();
    const stream = session.request({ ':method': 'POST', ':path': '/held' });
    stream.on('error', () => {});
    stream.write(Buffer.alloc(3 * 1024 * 1024));
    await until(() => held === 1024 * 1024);
    const { body } = await ask(session, Buffer.from('x'));
    assert.deepEqual([body.toString(), held], ['x', 1024 * 1024]);
    session.destroy();
  });

  it('ends with its last stream, and takes no new ones', async () => {
    const waiting: Http2Stream[] = [];
    take = (stream) => waiting.push(stream);
    const session = open();
    const answer = ask(session, nothing);
    await until(() => waiting.length === 1);
    for (const connection of connections) connection.close();
    await once(session, 'goaway');
    for (const stream of waiting) {
      stream.answer([{ name: ':status', value: '200' }]);
      stream.write(Buffer.from('late'));
      stream.end([]);
    }
    assert.equal((await answer).body.toString(), 'late');
    await until(() => connections.size === 0);
  });

  it('retires without refusing a stream: one that was on its way is answered, the next goes elsewhere', async () => {
    const { socket, frames, goneBy } = await greet();
    await until(() => connections.size === 1);
    for (const connection of connections) connection.retire();
    const farewell = () => frames().find(({ type, flags }) => type === frameType.ping && flags === 0);
    await until(() => farewell() !== undefined);
    const [first] = frames().filter(({ type }) => type === frameType.goAway);
    assert.equal(first?.payload.readUInt32BE(0), 2 ** 31 - 1);
    const { endHeaders, endStream, ack } = frameFlag;
    const open = (id: number) => frame(frameType.headers, endHeaders | endStream, id, request);
    socket.write(open(1));
    socket.write(frame(frameType.ping, ack, 0, farewell()?.payload ?? nothing));
    socket.write(open(3));
    assert.equal(await goneBy(), errorCode.noError);
    const last = frames().findLast(({ type }) => type === frameType.goAway);
    assert.equal(last?.payload.readUInt32BE(0), 1);
    assert.equal(frames().filter(({ type }) => type === frameType.headers).length, 2);
    assert.equal(frames().filter(({ type }) => type === frameType.resetStream).length, 1);
  });

  it('reads padding and priorities, answers pings, and passes over what it does not know', async () => {
    const { socket, frames } = await greet();
    socket.write(frame(99, 0xff, 1, Buffer.alloc(30)));
    socket.write(frame(frameType.ping, 0, 0, Buffer.from('12345678')));
    const flags = frameFlag.endHeaders | frameFlag.padded | frameFlag.priority;
    const head = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 16]), request, Buffer.alloc(2)]);
    // An octet at a time.
    const whole = Buffer.concat([
      frame(frameType.headers, flags, 1, head),
      frame(frameType.data, frameFlag.padded | frameFlag.endStream, 1, Buffer.from('\u0003abc\0\0\0')),
    ]);
    for (const octet of whole) socket.write(Buffer.from([octet]));
    await until(() => frames().some(({ type, flags: said }) => type === frameType.headers && said === 5));
    const said = frames();
    const pong = said.find(({ type }) => type === frameType.ping);
    assert.deepEqual([pong?.flags, pong?.payload.toString()], [frameFlag.ack, '12345678']);
    assert.equal(said.find(({ type }) => type === frameType.data)?.payload.toString(), 'abc');
    socket.destroy();
  });

  it('breaks off a connection that breaks the protocol, and says which rule', async () => {
    const headers = (id: number, flags: number, block: Buffer) => frame(frameType.headers, flags, id, block);
    const u32 = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    };
    const setting = (id: number, value: number) =>
      frame(frameType.settings, 0, 0, Buffer.concat([Buffer.from([0, id]), u32(value)]));
    const cases: readonly (readonly [name: string, bytes: Buffer, code: number])[] = [
      [
        'a frame that is too large',
        frame(frameType.data, 0, 1, Buffer.alloc(16_385)),
        errorCode.frameSizeError,
      ],
      ['data of no stream', frame(frameType.data, 0, 1, nothing), errorCode.protocolError],
      ['a stream of an even number', headers(2, 4, request), errorCode.protocolError],
      [
        'a header block cut by a ping',
        Buffer.concat([headers(1, 0, request), frame(6, 0, 0, Buffer.alloc(8))]),
        errorCode.protocolError,
      ],
      ['a continuation of nothing', frame(frameType.continuation, 4, 1, request), errorCode.protocolError],
      [
        'a block that is none',
        headers(1, 4, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])),
        errorCode.compressionError,
      ],
      [
        'more padding than frame',
        headers(1, 4 | frameFlag.padded, Buffer.from([9, 0x83])),
        errorCode.protocolError,
      ],
      ['a push', frame(frameType.pushPromise, 4, 1, request), errorCode.protocolError],
      ['settings of a stream', frame(frameType.settings, 0, 1, nothing), errorCode.protocolError],
      ['settings of five octets', frame(frameType.settings, 0, 0, Buffer.alloc(5)), errorCode.frameSizeError],
      ['a window that is too large', setting(4, 2 ** 31), errorCode.flowControlError],
      ['a frame size that is too small', setting(5, 1), errorCode.protocolError],
      [
        'a window that grows by nothing',
        frame(frameType.windowUpdate, 0, 0, u32(0)),
        errorCode.protocolError,
      ],
      [
        'a window that grows too large',
        frame(frameType.windowUpdate, 0, 0, u32(2 ** 31 - 1)),
        errorCode.flowControlError,
      ],
      ['a short ping', frame(frameType.ping, 0, 0, Buffer.alloc(7)), errorCode.frameSizeError],
      ['a reset of no stream', frame(frameType.resetStream, 0, 5, u32(8)), errorCode.protocolError],
    ];
    for (const [name, bytes, code] of cases) {
      const { socket, goneBy } = await greet();
      socket.write(bytes);
      assert.equal(await goneBy(), code, name);
    }
    const stranger = connectSocket(port, '127.0.0.1');
    stranger.on('error', () => {});
    stranger.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    stranger.resume();
    await new Promise((resolve) => stranger.once('close', resolve));
  });

  it('makes an end of streams that are opened to be broken off, and of headers that never end', async () => {
    const floods: readonly (() => Buffer)[] = [
      () => {
        const frames: Buffer[] = [];
        for (let id = 1; id < 2 * 3_000; id += 2) {
          frames.push(frame(frameType.headers, frameFlag.endHeaders, id, request));
          frames.push(frame(frameType.resetStream, 0, id, Buffer.from([0, 0, 0, errorCode.cancel])));
        }
        return Buffer.concat(frames);
      },
      () => {
        // Streams that the server breaks off itself, as they are no requests.
        const frames = Array.from({ length: 3_000 }, (_, place) =>
          frame(frameType.headers, frameFlag.endHeaders, 2 * place + 1, Buffer.from([0x83])),
        );
        return Buffer.concat(frames);
      },
      () => {
        const more = Array.from({ length: 50 }, () => frame(frameType.continuation, 0, 1, nothing));
        return Buffer.concat([frame(frameType.headers, 0, 1, request), ...more]);
      },
    ];
    for (const flood of floods) {
      const { socket, goneBy } = await greet();
      socket.write(flood());
      assert.equal(await goneBy(), errorCode.enhanceYourCalm);
    }
  });

  it('breaks off one stream alone where only that is wrong', async () => {
    const session = open();
    const wrong = session.request({ ':method': 'POST', ':path': '/', 'content-length': '5' });
    wrong.on('error', () => {});
    wrong.end('four');
    await new Promise((resolve) => wrong.once('close', resolve));
    assert.equal(wrong.rstCode, errorCode.protocolError);
    assert.equal((await ask(session, Buffer.from('x'))).body.toString(), 'x');
    session.close();
  });

  function open(options: SessionOptions = {}): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${port}`, options);
    session.on('error', () => {});
    return session;
  }

  /** A client that speaks in frames. */
  async function greet() {
    const socket = connectSocket(port, '127.0.0.1');
    let came = Buffer.alloc(0);
    let gone = false;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      came = Buffer.concat([came, bytes]);
    });
    socket.on('close', () => {
      gone = true;
    });
    await once(socket, 'connect');
    socket.write(Buffer.concat([preface, frame(frameType.settings, 0, 0, nothing)]));
    const frames = () => framesOf(came);
    return {
      socket,
      frames,
      async goneBy() {
        await until(() => gone);
        return frames()
          .findLast(({ type }) => type === frameType.goAway)
          ?.payload.readUInt32BE(4);
      },
    };
  }
});

function echo(stream: Http2Stream): void {
  const chunks: Buffer[] = [];
  stream.listener = {
    data(bytes) {
      chunks.push(bytes);
      stream.credit(bytes.length);
    },
    end() {
      stream.answer([
        { name: ':status', value: '200' },
        { name: 'content-type', value: 'application/grpc', kept: true },
      ]);
      stream.write(Buffer.concat(chunks));
      stream.end([
        { name: 'grpc-status', value: '0', kept: true },
        { name: 'long', value: 'x'.repeat(300) },
      ]);
    },
    closed() {},
  };
}

async function ask(session: ClientHttp2Session, body: Buffer) {
  const stream = session.request({ ':method': 'POST', ':path': '/' });
  const chunks: Buffer[] = [];
  let trailers: object = {};
  stream.on('trailers', (found) => {
    trailers = Object.fromEntries(Object.entries(found));
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.end(body);
  await once(stream, 'close');
  return { body: Buffer.concat(chunks), trailers };
}

function frame(type: number, flags: number, id: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  writeHead(head, 0, payload.length, type, flags, id);
  return Buffer.concat([head, payload]);
}

function framesOf(bytes: Buffer) {
  const frames: { type: number; flags: number; payload: Buffer }[] = [];
  for (let at = 0; at + headBytes <= bytes.length; ) {
    const end = at + headBytes + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      payload: bytes.subarray(at + headBytes, end),
    });
    at = end;
  }
  return frames;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
