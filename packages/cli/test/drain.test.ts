import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createPlace, type Installation, ownerToken } from './installation.fixture.ts';

const place = createPlace();
after(() => place.remove());

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** One request over a kept-alive connection, as a load balancer makes it. */
function ask(url: string, agent: Agent, options: { method?: string; body?: string } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: options.method ?? 'GET',
        headers: {
          authorization: `Bearer ${ownerToken}`,
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(options.body);
  });
}

/** A file that is read on and on until it is ended; `underWay` once some rows of it were taken. */
function createSlowFile() {
  const underWay = Promise.withResolvers<void>();
  let ended = false;
  return {
    underWay: underWay.promise,
    async *rows() {
      yield Buffer.from('a\n');
      for (let row = 0; !ended; row++) {
        yield Buffer.from(`${row}\n`);
        if (row === 3) underWay.resolve();
        await pause(50);
      }
    },
    end() {
      ended = true;
    },
  };
}

/** Writes without a pause until the server says that it is not ready; then no more, as a load balancer would. */
async function write(installation: Installation, worker: number, balancer: { open: boolean }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const names: string[] = [];
  const failures: string[] = [];
  for (let round = 0; balancer.open; round++) {
    const name = `experiment-${worker}-${round}`;
    try {
      const reply = await ask(`${installation.url}/api/v1/experiments`, agent, {
        method: 'POST',
        body: JSON.stringify({ name }),
      });
      if (reply.status < 300) names.push(name);
      else failures.push(`${reply.status} ${reply.text}`);
    } catch (error) {
      failures.push(String(error));
    }
  }
  agent.destroy();
  return { names, failures };
}

test('no request fails while a server under load is asked to end, and what it acknowledged is there after', async () => {
  const first = await place.start();
  const balancer = { open: true };
  const writers = Array.from({ length: 8 }, (_, worker) => write(first, worker, balancer));
  const agent = new Agent({ keepAlive: true });
  assert.equal((await ask(`${first.url}/ready`, agent)).status, 200);

  await first.client.datasets.create({ body: { name: 'slow' } });
  const slow = createSlowFile();
  const slowUpload = first.client.datasets.landFile({
    params: { name: 'slow' },
    query: { fileName: 'slow.csv' },
    body: slow.rows(),
  });
  await slow.underWay;
  const ended = first.end('SIGTERM');

  let draining: Reply;
  do draining = await ask(`${first.url}/ready`, agent);
  while (draining.status === 200);
  assert.deepEqual([draining.status, draining.text], [503, 'NOT READY']);
  // Who has not looked yet is served all the same.
  const late = await ask(`${first.url}/api/v1/me`, agent);
  assert.equal(late.status, 200);
  assert.equal((await ask(`${first.url}/health`, agent)).status, 200);
  balancer.open = false;

  const written = await Promise.all(writers);
  assert.deepEqual(
    written.flatMap(({ failures }) => failures),
    [],
  );
  slow.end();
  assert.equal((await slowUpload).fileName, 'slow.csv');
  assert.equal(await ended, 0);
  assert.equal(first.errors(), '');
  agent.destroy();

  const second = await place.start();
  const kept = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await second.client.tracking.listExperiments({
      query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) },
    });
    for (const { name } of page.items) kept.add(name);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const names = written.flatMap((worker) => worker.names);
  assert.ok(names.length > 0);
  for (const name of names) assert.ok(kept.has(name), name);
  assert.equal(await second.end('SIGTERM'), 0);
});

test('a second signal ends a server at once that waits for a request', async () => {
  const server = await place.start();
  await server.client.datasets.create({ body: { name: 'endless' } });
  const endless = createSlowFile();
  const upload = server.client.datasets
    .landFile({
      params: { name: 'endless' },
      query: { fileName: 'endless.csv' },
      body: endless.rows(),
    })
    .then(
      () => 'taken',
      () => 'cut off',
    );
  await endless.underWay;
  const ended = server.end('SIGTERM');
  const agent = new Agent({ keepAlive: false });
  while ((await ask(`${server.url}/ready`, agent)).status === 200);
  server.child.kill('SIGTERM');
  assert.equal(await ended, 143);
  assert.equal(await upload, 'cut off');
  endless.end();
});
