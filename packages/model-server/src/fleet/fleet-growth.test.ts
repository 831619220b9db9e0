import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { infer, makeEndpoint, makeServerDirectory, matrix } from '../model-server.fixture.ts';
import { serveFleet } from './serve-fleet.ts';

const scrape = { headers: { authorization: 'Bearer scrape' } };

test('under load one process becomes two and without it one again, and every answer is given and logged', {
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
      calmMs: 2_000,
      environment: { ...process.env, ESTEIRA_LOG_LEVEL: 'silent', ESTEIRA_METRICS_TOKEN: 'scrape' },
    },
    { info() {}, warn() {} },
  );
  const url = fleet.address.httpUrl;
  const rows = Array.from({ length: 100 }, (_, row) => [row % 10, 1, 1]);
  const refused: string[] = [];
  let answered = 0;
  let over = false;

  /** Each request on a connection of its own, so that the kernel deals them out. */
  async function ask(): Promise<void> {
    while (!over) await askOnce({ connection: 'close' });
  }

  /** On connections that stay, as long as their server does. */
  async function askNowAndThen(): Promise<void> {
    while (!over) {
      await askOnce({});
      await pause(200);
    }
  }

  async function askOnce(headers: Readonly<Record<string, string>>): Promise<void> {
    const { status, text } = await infer(url, matrix(rows), { headers });
    if (status === 200) answered += rows.length;
    else refused.push(text);
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
  over = false;
  const second = join(files.directory, 'processes', '1');
  const { pid } = JSON.parse(readFileSync(join(second, 'server.json'), 'utf8')) as { pid: number };
  const patient = [askNowAndThen(), askNowAndThen()];
  while (existsSync(`/proc/${pid}`)) await pause(100);
  for (let request = 0; request < 5; request++) await askOnce({});
  over = true;
  await Promise.all(patient);
  await fleet.stop();
  assert.deepEqual(refused, []);
  assert.equal(linesIn(join(files.directory, 'spool')) + linesIn(join(second, 'spool')), answered);
  files.remove();
});

function linesIn(spool: string): number {
  return readdirSync(spool)
    .filter((name) => name.endsWith('.ndjson'))
    .reduce((sum, name) => sum + readFileSync(join(spool, name), 'utf8').split('\n').length - 1, 0);
}
