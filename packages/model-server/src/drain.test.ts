import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { makeEndpoint, makeServerDirectory, matrix, spawnServer } from './model-server.fixture.ts';

function predict(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/v2/models/late-flights/infer`,
      { agent, method: 'POST', headers: { authorization: 'Bearer secret' } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(matrix([[1, 2, 3]])));
  });
}

test('a model server that is asked to end under load answers all it was asked, and logs all it answered', async () => {
  const files = makeServerDirectory();
  files.write([makeEndpoint(files.addVersion(1, 5))]);
  const server = await spawnServer(files.directory);
  const balancer = { open: true };
  const failures: unknown[] = [];
  let answered = 0;
  const askers = Array.from({ length: 8 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (balancer.open) {
      try {
        const status = await predict(server.url, agent);
        if (status === 200) answered++;
        else failures.push(status);
      } catch (error) {
        failures.push(error);
      }
    }
    agent.destroy();
  });
  try {
    while (answered < 200) assert.equal((await fetch(`${server.url}/v2/health/ready`)).status, 200);
    server.process.kill('SIGTERM');
    while ((await fetch(`${server.url}/v2/health/ready`)).status === 200);
    const before = answered;
    while (answered === before) await fetch(`${server.url}/health`);
    balancer.open = false;
    await Promise.all(askers);
    await server.ended;
    assert.deepEqual(failures, []);
    assert.equal(server.process.exitCode, 0);
    const lines = files.spooled();
    assert.equal(lines.filter(({ st }) => st === 'ok').length, answered);
  } finally {
    balancer.open = false;
    server.process.kill('SIGKILL');
    files.remove();
  }
});
