import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createInferenceClient } from '../inference-client.fixture.ts';
import { infer, makeEndpoint, makeServerDirectory, matrix } from '../model-server.fixture.ts';
import { isAlive } from './is-alive.ts';
import { processDirectory } from './process-directory.ts';
import { type Fleet, serveFleet } from './serve-fleet.ts';

const patienceMs = 5 * 60_000;
/** Two rows that tell in the log by which port they came. */
const restRow = [1, 2, 3];
const grpcRow = [4, 5, 6];

describe('a process that is killed', { skip: process.platform !== 'linux' }, () => {
  const files = makeServerDirectory();
  let fleet: Fleet;

  before(async () => {
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    fleet = await serveFleet(
      {
        directory: files.directory,
        host: '127.0.0.1',
        port: 0,
        grpcPort: 0,
        least: 2,
        scaling: { judge: () => 'stay' },
        environment: { ...process.env, ESTEIRA_LOG_LEVEL: 'silent', ESTEIRA_DRAIN_SECONDS: '2' },
      },
      { info() {}, warn() {} },
    );
  });
  after(async () => {
    await fleet.stop();
    files.remove();
  });

  it('keeps no new connection waiting while it dies: the others take it, on both ports', async () => {
    const pid = pidOf(1);
    // As one that dies: it takes nothing any more, and its sockets are still open.
    process.kill(pid, 'SIGSTOP');
    const waiting = Array.from({ length: 24 }, async () => {
      await askRestAnew();
      await askGrpcAnew();
    });
    await Promise.all(waiting);
    process.kill(pid, 'SIGKILL');
    await until(() => pidOf(1) !== pid);
  });

  it('fails no request on a connection that is begun after its death, on both ports', async () => {
    for (const number of [0, 1]) {
      const pid = pidOf(number);
      process.kill(pid, 'SIGKILL');
      let asked = 0;
      await Promise.all(
        Array.from({ length: 8 }, async (_, asker) => {
          for (; asked < 40 || pidOf(number) === pid; asked++) {
            await (asker % 2 === 0 ? askRestAnew() : askGrpcAnew());
          }
        }),
      );
    }
  });

  it('gets its share of the connections that stay once it is back, and no request fails of it', async () => {
    const pid = pidOf(1);
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
    const logged = rowsIn(1).length;
    const agent = new Agent({ keepAlive: true, maxSockets: 12 });
    const clients = Array.from({ length: 12 }, () =>
      createInferenceClient(fleet.address.grpcAddress ?? '', undefined, undefined, { apart: true }),
    );
    const end = performance.now() + patienceMs;
    const isShared = (): boolean => {
      const rows = new Set(rowsIn(1).slice(logged));
      return rows.has(String(restRow)) && rows.has(String(grpcRow));
    };
    try {
      while (!isShared() && performance.now() < end) {
        await Promise.all(clients.flatMap((client) => [askRest(agent), askGrpc(client)]));
        await pause(20);
      }
      assert.ok(isShared());
    } finally {
      agent.destroy();
      for (const client of clients) client.close();
    }
  });

  async function askRestAnew(): Promise<void> {
    const { status, text } = await infer(fleet.address.httpUrl, matrix([restRow]), {
      headers: { connection: 'close' },
    });
    assert.equal(status, 200, text);
  }

  async function askGrpcAnew(): Promise<void> {
    const client = createInferenceClient(fleet.address.grpcAddress ?? '', undefined, undefined, {
      apart: true,
    });
    await askGrpc(client).finally(() => client.close());
  }

  function askRest(agent: Agent): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: 'Bearer secret' };
      const path = `${fleet.address.httpUrl}/v2/models/late-flights/infer`;
      const sent = request(path, { agent, method: 'POST', headers }, (answer) => {
        answer.resume();
        answer.once('end', () =>
          answer.statusCode === 200 ? resolve() : reject(new Error(String(answer.statusCode))),
        );
      });
      sent.once('error', reject);
      sent.end(JSON.stringify(matrix([restRow])));
    });
  }

  async function askGrpc(client: ReturnType<typeof createInferenceClient>): Promise<void> {
    const inputs = [{ name: 'X', datatype: 'FP32', shape: ['1', '3'], contents: { fp32_contents: grpcRow } }];
    await client.call('ModelInfer', { model_name: 'late-flights', inputs }, 'secret');
  }

  /** Of the process of that number that was started last. */
  function pidOf(number: number): number {
    const marker = join(processDirectory(files.directory, number), 'server.json');
    return (JSON.parse(readFileSync(marker, 'utf8')) as { pid: number }).pid;
  }

  /** What was asked of the process of that number, as its log has it. */
  function rowsIn(number: number): readonly string[] {
    const spool = join(processDirectory(files.directory, number), 'spool');
    return readdirSync(spool)
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(join(spool, name), 'utf8').split('\n').slice(0, -1))
      .map((line) => String((JSON.parse(line) as { x: readonly number[] }).x));
  }
});

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('It did not come to that.');
    await pause(20);
  }
}
