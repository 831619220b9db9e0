import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { openSharedPort } from './shared-port.ts';

const acceptor = `
  const { createServer } = require('node:net');
  const answer = (socket) => socket.end(process.argv[1]);
  for (const fd of process.argv.slice(2)) createServer(answer).listen({ fd: Number(fd) });
  console.log('listening');`;

test('what waits on a shared port outlives a process that listens on it, and is taken by the next', {
  skip: process.platform !== 'linux',
}, async () => {
  const shared = await openSharedPort('localhost', 0);
  const start = async (name: string) => {
    const inherited = shared.descriptors.map((_, at) => String(3 + at));
    const child = spawn(process.execPath, ['-e', acceptor, name, ...inherited], {
      stdio: ['ignore', 'pipe', 'inherit', ...shared.descriptors],
    });
    assert.ok(child.stdout);
    await once(child.stdout, 'data');
    return child;
  };
  const first = await start('first');
  assert.equal(await ask(shared.port), 'first');
  first.kill('SIGSTOP');
  const waiting = Array.from({ length: 40 }, () => ask(shared.port));
  first.kill('SIGKILL');
  await once(first, 'exit');
  const second = await start('second');
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['second']));
  await assert.rejects(listenAlone(shared.port), { code: 'EADDRINUSE' });
  shared.close();
  second.kill('SIGKILL');
  await once(second, 'exit');
  await listenAlone(shared.port);
});

async function ask(port: number): Promise<string> {
  const answer = connect({ port, host: 'localhost' });
  let text = '';
  for await (const piece of answer) text += String(piece);
  return text;
}

async function listenAlone(port: number): Promise<void> {
  const server = createServer().listen({ port, host: 'localhost', exclusive: true });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
