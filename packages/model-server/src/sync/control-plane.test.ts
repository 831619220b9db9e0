import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { ControlPlaneAddress } from '@esteira/contracts';
import { createControlPlane } from './control-plane.ts';
import { createControlPlaneAddresses } from './control-plane-addresses.ts';

const servers: Server[] = [];

after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server of the installation that knows of the servers given, and takes predictions when `taken` is a number. */
async function openServer(known: () => readonly ControlPlaneAddress[], taken?: number) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    asked.push(pathname.slice(pathname.lastIndexOf('/') + 1));
    request.resume();
    if (asked.at(-1) === 'snapshot')
      return void response.end(JSON.stringify({ snapshot: null, controlPlanes: known() }));
    if (taken === undefined) return void response.writeHead(404).end('Not here.');
    response.end(JSON.stringify({ acknowledged: taken }));
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async kill() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function follow(own: string) {
  const moves: string[] = [];
  const addresses = createControlPlaneAddresses({ own, host: 'here', onMoved: (url) => moves.push(url) });
  return { controlPlane: createControlPlane({ addresses, token: 'secret', source: 'source' }), moves };
}

const { signal } = new AbortController();
const lines = Buffer.from('{}\n');

test('a model server whose control plane is gone turns to another, and stays there', async () => {
  const other = await openServer(() => [], 3);
  const own = await openServer(() => [{ host: 'here', url: 'http://0.0.0.0:1', innerUrl: other.url }], 3);
  const { controlPlane, moves } = follow(own.url);
  assert.equal(await controlPlane.snapshot(-1, signal), undefined);
  assert.equal(await controlPlane.predictions('source', 0, lines), 3);
  assert.deepEqual(other.asked, []);
  await own.kill();
  assert.equal(await controlPlane.predictions('source', 0, lines), 3);
  await controlPlane.snapshot(-1, signal);
  assert.deepEqual(other.asked, ['predictions', 'snapshot']);
  assert.deepEqual(moves, [other.url]);
});

test('a program that took the address of a control plane over is passed over', async () => {
  const other = await openServer(() => [], 3);
  const own = await openServer(() => [{ host: 'here', url: 'http://0.0.0.0:1', innerUrl: other.url }]);
  const { controlPlane, moves } = follow(own.url);
  await controlPlane.snapshot(-1, signal);
  assert.equal(await controlPlane.predictions('source', 0, lines), 3);
  assert.deepEqual(moves, [other.url]);
});

test('where nobody answers, the call tells what the first one said', async () => {
  const own = await openServer(() => [
    { host: 'here', url: 'http://0.0.0.0:1', innerUrl: 'http://127.0.0.1:1' },
  ]);
  const { controlPlane, moves } = follow(own.url);
  await controlPlane.snapshot(-1, signal);
  await assert.rejects(controlPlane.predictions('source', 0, lines), /answered 404: Not here/);
  assert.deepEqual(moves, []);
});

test('servers of this machine are asked by their inner address, those elsewhere by the one people use', () => {
  const addresses = createControlPlaneAddresses({
    own: 'http://127.0.0.1:7700/',
    host: 'here',
    onMoved() {},
  });
  const people = 'https://esteira.example.com/';
  addresses.learn([
    { host: 'elsewhere', url: 'http://127.0.0.1:7700', innerUrl: 'http://127.0.0.1:7701' },
    { host: 'elsewhere', url: 'http://0.0.0.0:7700', innerUrl: 'http://127.0.0.1:7702' },
    { host: 'elsewhere', url: people, innerUrl: 'http://127.0.0.1:7703' },
    { host: 'here', url: people, innerUrl: 'http://127.0.0.1:7704' },
    { host: 'here', url: people, innerUrl: 'http://127.0.0.1:7700' },
  ]);
  assert.deepEqual(addresses.toTry(), [
    'http://127.0.0.1:7700',
    'http://127.0.0.1:7704',
    'https://esteira.example.com',
  ]);
});
