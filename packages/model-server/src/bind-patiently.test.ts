import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { bindPatiently } from './bind-patiently.ts';

const listen = (server: Server, port: number) =>
  new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

test('waits for an address that its predecessor is about to leave', async () => {
  const before = createServer();
  const port = await listen(before, 0);
  const refused: string[] = [];
  const bound = bindPatiently(async () => {
    const server = createServer();
    try {
      await listen(server, port);
    } catch (error) {
      refused.push((error as NodeJS.ErrnoException).code ?? '');
      if (refused.length === 2) before.close();
      throw error;
    }
    server.close();
    return 'bound';
  });
  assert.equal(await bound, 'bound');
  assert.deepEqual([...new Set(refused)], ['EADDRINUSE']);
});

test('does not wait where waiting is no use', async () => {
  let asked = 0;
  const refusal = Object.assign(new Error('listen EACCES: permission denied'), { code: 'EACCES' });
  const bind = async () => {
    asked++;
    throw refusal;
  };
  await assert.rejects(bindPatiently(bind), refusal);
  assert.equal(asked, 1);
});
