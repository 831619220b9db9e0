import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { keepConnections, prepareRequest } from './kept-connections.ts';

describe('kept connections', () => {
  const open: { close(): unknown }[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
  });

  it('answer every request with its own answer, whatever the number of connections', async () => {
    const seen = new Set<unknown>();
    const { url, ask } = await serve(open, 3, (request, response, body) => {
      seen.add(request.socket);
      response.end(body);
    });
    const texts = Array.from({ length: 200 }, (_, index) => `question ${index} é`);
    const answers = await Promise.all(texts.map((text) => ask(prepareRequest(url, {}, text))));
    assert.deepEqual(
      answers.map(({ text }) => text),
      texts,
    );
    assert.ok(seen.size <= 3);
  });

  it('go on with a new connection where the server closes one', async () => {
    const { url, ask } = await serve(open, 1, (_request, response) => {
      response.setHeader('connection', 'close').end('{}');
    });
    const answers = await Promise.all([1, 2, 3].map(() => ask(prepareRequest(url, {}, ''))));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
  });

  it('fail the request that a connection breaks under, and none behind it', async () => {
    let requests = 0;
    const { url, ask } = await serve(open, 1, (request, response) => {
      requests += 1;
      if (requests === 1) request.socket.destroy();
      else response.end('{}');
    });
    const request = prepareRequest(url, {}, '');
    const [first, second] = await Promise.allSettled([ask(request), ask(request)]);
    assert.equal(first?.status, 'rejected');
    assert.equal(second?.status, 'fulfilled');
  });

  it('say so when there is no server', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const url = new URL(`http://127.0.0.1:${port}`);
    const connections = keepConnections(url, { most: 2 });
    open.push(connections);
    await assert.rejects(connections.send(prepareRequest(url, {}, '')), { code: 'ECONNREFUSED' });
  });

  it('end what waits when they are closed', async () => {
    const { url, ask, connections } = await serve(open, 1, () => {});
    const request = prepareRequest(url, {}, '');
    const asked = Promise.allSettled([ask(request), ask(request)]);
    connections.close();
    assert.deepEqual(
      (await asked).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });
});

async function serve(
  open: { close(): unknown }[],
  most: number,
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
) {
  const server: Server = createServer(async (request, response) => {
    answer(request, response, Buffer.concat(await Array.fromAsync(request)));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ask`);
  const connections = keepConnections(url, { most });
  open.push(connections, server);
  return { url, connections, ask: connections.send };
}
