import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { answerPlainRequests } from './plain-connections.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that answers with who read the request, and its body. `hold` keeps plain answers back. */
async function start(options: { hold?: Promise<void>; requestMs?: number } = {}): Promise<number> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => response.end(`streams ${request.method} ${body}\n`));
  });
  server.on('clientError', (error: Error & { code?: string }, socket) => socket.end(`${error.code}\n`));
  Object.assign(server, { httpAllowHalfOpen: true });
  answerPlainRequests(server, {
    takes: (url) => url === '/infer',
    leaves: (_, body) => body.includes('pieces'),
    async answer({ response, body }) {
      if (options.hold !== undefined) await options.hold;
      const text = `plain ${body.toString()}\n`;
      if (body.toString() === 'last') response.setHeader('connection', 'close');
      response.writeHead(200, { 'content-length': text.length });
      response.end(text, 'latin1');
    },
    keepAliveMs: 5_000,
    headersMs: 5_000,
    requestMs: options.requestMs ?? 5_000,
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function plain(body: string, path = '/infer'): string {
  return `POST ${path} HTTP/1.1\r\nHost: here\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

async function open(port: number): Promise<{ socket: Socket; until: (text: string) => Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  return {
    socket,
    async until(wanted) {
      while (!text.includes(wanted)) await once(socket, 'data');
      return text;
    },
  };
}

function answersIn(text: string): string[] {
  return text.split('\n').filter((line) => /^(plain|streams) /.test(line));
}

describe('plain connections', () => {
  it('answer one request after the other with the headers of node:http', async () => {
    const { socket, until } = await open(await start());
    socket.write(plain('one'));
    const text = await until('plain one');
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /\r\nDate: [^\r]+ GMT\r\n/);
    assert.match(text, /\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n/);
    socket.write(plain('two'));
    await until('plain two');
    socket.destroy();
  });

  it('give an unusual request and all after it to node:http, wherever the bytes are cut', async () => {
    const port = await start();
    const all = `${plain('a')}${plain('b', '/other')}${plain('c')}GET /infer HTTP/1.1\r\nHost: here\r\n\r\n`;
    for (let cut = 1; cut < all.length; cut += 7) {
      const { socket, until } = await open(port);
      socket.setNoDelay(true);
      socket.write(all.slice(0, cut));
      await new Promise(setImmediate);
      socket.write(all.slice(cut));
      const said = answersIn(await until('streams GET')).map((line) => line.slice(line.lastIndexOf(' ') + 1));
      assert.deepEqual(said, ['a', 'b', 'c', ''], `cut at ${cut}`);
      socket.destroy();
    }
  });

  it('answer what was sent ahead in order, though answers take their time', async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<void>();
    const { socket, until } = await open(await start({ hold }));
    socket.write(plain('one') + plain('two'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(plain('three'));
    release();
    assert.deepEqual(answersIn(await until('plain three')), ['plain one', 'plain two', 'plain three']);
    socket.destroy();
  });

  it('answer thousands that came at once, each before the next', async () => {
    const { socket, until } = await open(await start());
    const requests = 5_000;
    socket.write(plain('a').repeat(requests) + plain('last'));
    assert.equal(answersIn(await until(' last\n')).length, requests + 1);
  });

  it('answer what was sent ahead of the end, whoever reads it', async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<void>();
    const { socket, until } = await open(await start({ hold }));
    socket.end(`${plain('one')}${plain('two')}${plain('three', '/other')}`);
    release();
    assert.deepEqual(answersIn(await until('three')), ['plain one', 'plain two', 'streams POST three']);
  });

  it('refuse a body that ends too early, as node:http does', async () => {
    const { socket, until } = await open(await start());
    socket.end(plain('one').slice(0, -1));
    await until('HPE_INVALID_EOF_STATE');
  });

  it('go to node:http with their bodies where those want more than one plain answer', async () => {
    const { socket, until } = await open(await start());
    socket.write(plain('one'));
    await until('plain one');
    const asked = plain('in pieces');
    socket.write(asked.slice(0, -4));
    socket.write(asked.slice(-4));
    await until('streams POST in pieces');
    socket.destroy();
  });

  it('put a body together that comes in pieces', async () => {
    const { socket, until } = await open(await start());
    const body = 'x'.repeat(100_000);
    const text = plain(body);
    for (let at = 0; at < text.length; at += 9_999) {
      socket.write(text.slice(at, at + 9_999));
      await new Promise(setImmediate);
    }
    await until(`plain ${body}`);
    socket.destroy();
  });

  it('take no more requests of a caller that does not read the answers', async () => {
    const socket = connect(await start(), '127.0.0.1');
    const body = 'x'.repeat(200_000);
    const requests = 100;
    for (let sent = 0; sent < requests; sent++) socket.write(plain(body));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(socket.writableLength > 0, 'what is sent waits at the sender');
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    while (received < requests * body.length) await once(socket, 'data');
    socket.destroy();
  });

  it('end with the answer that says so', async () => {
    const { socket, until } = await open(await start());
    socket.write(plain('last'));
    assert.match(await until('plain last'), /\r\nConnection: close\r\n/);
    await once(socket, 'close');
  });

  it('answer a caller that has said all it had to say', async () => {
    const { socket, until } = await open(await start());
    socket.end(plain('one'));
    await until('plain one');
    await once(socket, 'close');
  });

  it('end when a body does not come', async () => {
    const { socket, until } = await open(await start({ requestMs: 30 }));
    socket.write(plain('one').slice(0, -1));
    await until('ERR_HTTP_REQUEST_TIMEOUT');
    await once(socket, 'close');
  });

  it('end when they are idle and the server ends idle ones', async () => {
    const { socket, until } = await open(await start());
    socket.write(plain('one'));
    await until('plain one');
    servers[0]?.closeIdleConnections();
    await once(socket, 'close');
  });
});
