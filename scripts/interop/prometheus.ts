import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  infer,
  makeEndpoint,
  makeServerDirectory,
  matrix,
} from '../../packages/model-server/src/model-server.fixture.ts';
import { type StartedProcess, startProcess } from './start-process.ts';

/**
 * A real Prometheus scrapes both planes, and promtool finds nothing to say of their metrics. Needs promtool, and a running
 * Prometheus that finds its targets in a folder and its token in a file: ESTEIRA_TEST_PROMETHEUS_URL, _TARGETS_DIR,
 * _TOKEN_FILE. Exit code 0 when all held, 1 when something did not, 2 when it could not be tried.
 */
const { ESTEIRA_TEST_PROMETHEUS_URL: prometheus, ESTEIRA_TEST_PROMETHEUS_TARGETS_DIR: targets } = process.env;
const tokenFile = process.env.ESTEIRA_TEST_PROMETHEUS_TOKEN_FILE;
if (prometheus === undefined || targets === undefined || tokenFile === undefined) {
  console.error(
    'NOT RUN: set ESTEIRA_TEST_PROMETHEUS_URL, ESTEIRA_TEST_PROMETHEUS_TARGETS_DIR, ESTEIRA_TEST_PROMETHEUS_TOKEN_FILE',
  );
  process.exit(2);
}

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'esteira-prometheus-'));
const token = randomBytes(24).toString('hex');
const targetsFile = join(targets, `esteira-${process.pid}.json`);
const tokenBefore = readFileSync(tokenFile, 'utf8');
const servers: StartedProcess[] = [];
const models = makeServerDirectory();
const ready = models.addVersion(1, 5);

try {
  const controlPlane = await startControlPlane();
  const dataPlane = await startDataPlane();
  for (const url of [controlPlane, dataPlane]) lint(url, await scrape(url));
  writeFileSync(tokenFile, token);
  writeFileSync(
    targetsFile,
    JSON.stringify([{ targets: [controlPlane, dataPlane].map((url) => new URL(url).host) }]),
  );
  await seen(controlPlane, 'esteira_http_request_duration_seconds_count{route="/health",status="200"}');
  await seen(controlPlane, 'esteira_sql_transactions_total{outcome="committed"}');
  await seen(dataPlane, 'esteira_inference_requests_total{arm="primary",status="ok"}');
  console.log('prometheus: both planes are scraped, promtool finds nothing');
} catch (error) {
  console.error(`prometheus: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(targetsFile, { force: true });
  writeFileSync(tokenFile, tokenBefore);
  for (const server of servers) await server.stop();
  models.remove();
  rmSync(folder, { recursive: true, force: true });
}

async function startControlPlane(): Promise<string> {
  const ports = ['--port', '0', '--serving-port', '0', '--serving-grpc-port', '0'];
  const words = ['serve', '--json', '--log-level', 'error', '--data-dir', join(folder, 'data'), ...ports];
  const { url } = await start(resolve(root, 'node_modules/.bin/esteira'), words, {});
  await (await fetch(`${url}/health`)).text();
  return String(url);
}

async function startDataPlane(): Promise<string> {
  models.write([makeEndpoint(ready)]);
  const main = resolve(root, 'packages/model-server/src/main.ts');
  const { httpUrl } = await start(process.execPath, [main], {
    ESTEIRA_MODEL_SERVER_DIR: models.directory,
    ESTEIRA_SERVING_PORT: '0',
    ESTEIRA_LOG_LEVEL: 'error',
  });
  const { status, text } = await infer(String(httpUrl), matrix([[1, 2, 3]]));
  if (status !== 200) throw new Error(`the model server answered ${status}: ${text}`);
  return String(httpUrl);
}

async function start(
  command: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const server = await startProcess(command, words, { ESTEIRA_METRICS_TOKEN: token, ...environment });
  servers.push(server);
  return server.announced;
}

async function scrape(url: string): Promise<string> {
  const closed = await fetch(`${url}/metrics`);
  if (closed.status !== 401) throw new Error(`${url}/metrics answered ${closed.status} without a token`);
  const reply = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  if (!reply.ok) throw new Error(`${url}/metrics answered ${reply.status}`);
  return await reply.text();
}

function lint(url: string, text: string): void {
  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error !== undefined) throw new Error(`promtool cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`promtool on ${url}: ${stdout}${stderr}`);
}

/** Waits until Prometheus knows a sample of the target. */
async function seen(url: string, selector: string): Promise<void> {
  const query = selector.replace('{', `{instance="${new URL(url).host}",`);
  for (let attempt = 0; attempt < 60; attempt++) {
    const reply = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query })}`);
    const { data } = (await reply.json()) as { data?: { result?: readonly unknown[] } };
    if ((data?.result?.length ?? 0) > 0) return;
    await pause(500);
  }
  throw new Error(`Prometheus has no sample of ${query}`);
}
