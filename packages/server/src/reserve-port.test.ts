import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { reservePort } from './reserve-port.ts';

function bind(port: number): Promise<'listening' | string> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve('listening')));
  });
}

test('a chosen port is nobody else’s until it is released', async () => {
  const one = await reservePort(0, '127.0.0.1');
  const two = await reservePort(0, '127.0.0.1');
  assert.notEqual(one.port, two.port);
  assert.equal(await bind(one.port), 'EADDRINUSE');
  await one.release();
  assert.equal(await bind(one.port), 'listening');
  // Once more is not too much.
  await one.release();
  await two.release();
});

test('a port that was named is taken as it is and not held', async () => {
  const free = await reservePort(0, '127.0.0.1');
  await free.release();
  const named = await reservePort(free.port, '127.0.0.1');
  assert.equal(named.port, free.port);
  assert.equal(await bind(named.port), 'listening');
});
