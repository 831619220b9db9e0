import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { infer, makeEndpoint, makeServerDirectory, matrix } from '../model-server.fixture.ts';
import { serveFleet } from './serve-fleet.ts';

const scrape = { headers: { authorization: 'Bearer scrape' } };

test('under load one process becomes two, and both answer', {
  skip: process.platform !== 'linux',
}, async () => {
  const files = makeServerDirectory();
  files.write([makeEndpoint(files.addVersion(1, 5))]);
  const fleet = await serveFleet(
    {
      directory: files.directory,
      host: '127.0.0.1',
      port: 0,
      grpcPort: undefined,
      least: 1,
      most: 2,
      environment: { ...process.env, ESTEIRA_LOG_LEVEL: 'silent', ESTEIRA_METRICS_TOKEN: 'scrape' },
    },
    { info() {}, warn() {} },
  );
  const url = fleet.address.httpUrl;
  const rows = Array.from({ length: 100 }, (_, row) => [row % 10, 1, 1]);
  const refused: string[] = [];
  let over = false;

  /** Each request on a connection of its own, so that the kernel deals them out. */
  async function ask(): Promise<void> {
    while (!over) {
      const { status, text } = await infer(url, matrix(rows), { headers: { connection: 'close' } });
      if (status !== 200) refused.push(text);
    }
  }

  /** Processes that have answered. */
  async function answering(): Promise<number> {
    const text = await (await fetch(`${url}/metrics`, scrape)).text();
    const answered = text.matchAll(/^esteira_inference_rows_total\{.*process="(\d)".*\} [1-9]/gm);
    return new Set([...answered].map(([, process]) => process)).size;
  }

  assert.equal(await answering(), 0);
  const callers = Array.from({ length: 24 }, ask);
  while ((await answering()) < 2) await pause(200);
  over = true;
  await Promise.all(callers);
  assert.deepEqual(refused, []);
  await fleet.stop();
  files.remove();
});
