import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { startQuietServer } from './quiet-server.fixture.ts';
import type { RunningServer } from './start-server.ts';

const scrapeToken = 'a-scrape-token-for-tests';
const ownerToken = `owner${'m'.repeat(40)}`;
const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function start(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-metrics-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startQuietServer(
    {
      dataDir: join(folder, 'data'),
      bootstrapToken: ownerToken,
      ...flags,
    },
    environment,
  );
  cleanups.push(() => server.close());
  return server;
}

function scrape(server: RunningServer, token: string | undefined): Promise<Response> {
  return fetch(`${server.url}/metrics`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
}

/** Samples by name with labels, and what is told of each family. */
function parse(text: string) {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  const helps = new Set<string>();
  for (const line of text.split('\n').filter(Boolean)) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'TYPE') types.set(name, rest);
    else if (kind === 'HELP') helps.add(name);
    else samples.set(line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1)));
  }
  return { samples, types, helps };
}

test('without a scrape token in the configuration there are no metrics, for nobody', async () => {
  const server = await start({});
  assert.equal((await scrape(server, undefined)).status, 401);
  assert.equal((await scrape(server, ownerToken)).status, 404);
});

test('only the scrape token opens the metrics, and who guesses is slowed down', async () => {
  const server = await start({ metricsToken: scrapeToken });
  assert.equal((await scrape(server, scrapeToken)).status, 200);
  assert.equal((await scrape(server, undefined)).status, 401);
  assert.equal((await scrape(server, ownerToken)).status, 401);
  for (let guess = 0; guess < 8; guess++) assert.equal((await scrape(server, `guess-${guess}`)).status, 401);
  const slowed = await scrape(server, scrapeToken);
  assert.equal(slowed.status, 429);
  assert.ok(Number(slowed.headers.get('retry-after')) > 0);
  // Nothing else of the server is hindered.
  assert.equal((await fetch(`${server.url}/ready`)).status, 200);
});

test('a scrape token whose file is replaced changes while the server runs, which the audit log tells', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-token-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'token');
  writeFileSync(path, `${scrapeToken}\n`);
  const server = await start({}, { ESTEIRA_METRICS_TOKEN_FILE: path });
  assert.equal((await scrape(server, scrapeToken)).status, 200);

  const next = 'another-scrape-token';
  writeFileSync(path, next);
  assert.equal((await scrape(server, next)).status, 200);
  assert.equal((await scrape(server, scrapeToken)).status, 401);
  writeFileSync(path, 'too short');
  assert.equal((await scrape(server, next)).status, 200);

  const actions = async (): Promise<string[]> => {
    const headers = { authorization: `Bearer ${ownerToken}` };
    const reply = await fetch(`${server.url}/api/v1/audit`, { headers });
    return (await reply.json()).items.map(({ action }: { action: string }) => action);
  };
  const until = AbortSignal.timeout(60_000);
  while (!(await actions()).includes('installation.secret.replaced')) until.throwIfAborted();
});

test('the metrics say what was done, by route templates, and every one is explained', async () => {
  const server = await start({ metricsToken: scrapeToken });
  const headers = { authorization: `Bearer ${ownerToken}`, 'content-type': 'application/json' };
  const post = (path: string, body: string, type = 'application/json') =>
    fetch(`${server.url}${path}`, { method: 'POST', headers: { ...headers, 'content-type': type }, body });
  assert.equal((await post('/api/v1/datasets', JSON.stringify({ name: 'flights' }))).status, 201);
  const landed = await post('/api/v1/datasets/flights/files', 'a\n1\n', 'text/csv');
  assert.equal(landed.status, 201);
  assert.equal((await fetch(`${server.url}/api/v1/jobs/secret-looking-id`, { headers })).status, 404);
  assert.equal((await fetch(`${server.url}/nowhere/secret-looking-id`, { headers })).status, 404);

  const reply = await scrape(server, scrapeToken);
  assert.match(reply.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await reply.text();
  const { samples, types, helps } = parse(text);
  const at = (sample: string): number => samples.get(sample) ?? Number.NaN;
  const count = 'esteira_http_request_duration_seconds_count';
  assert.equal(at(`${count}{method="GET",route="/api/v1/jobs/:id",status="404"}`), 1);
  assert.equal(at(`${count}{method="GET",route="(none)",status="404"}`), 1);
  assert.equal(at(`${count}{method="POST",route="/api/v1/datasets/:name/files",status="201"}`), 1);
  assert.ok(!text.includes('secret-looking-id'));
  assert.ok(at('esteira_sql_transactions_total{outcome="committed"}') > 0);
  assert.ok(at('esteira_sql_commit_duration_seconds_count') > 0);
  assert.ok(at('esteira_blob_transferred_bytes_total{direction="written"}') >= 4);
  assert.ok(at('esteira_table_statements_total{outcome="ok"}') > 0);
  assert.ok(at('esteira_table_memory_bytes') >= 0);
  assert.ok(at('esteira_audit_unsealed_entries') >= 0);
  assert.equal(at('esteira_data_planes{state="ready"}'), 0);
  assert.ok([...samples.keys()].some((sample) => sample.startsWith('esteira_events_lag_seconds{')));
  assert.ok([...samples.keys()].some((sample) => sample.startsWith('esteira_leases_held{')));
  assert.ok(at('process_resident_memory_bytes') > 0);
  for (const [name, type] of types) {
    assert.ok(helps.has(name), `${name} is not explained`);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
  }
});
