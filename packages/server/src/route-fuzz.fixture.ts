import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { api, errorTable, type RouteDefinition } from '@esteira/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { compose } from './compose.ts';
import { loadConfig } from './config.ts';
import {
  almostOf,
  hostileBodies,
  hostileSegments,
  type KnownIds,
  toHostileText,
} from './hostile-values.fixture.ts';
import { mlflowRequests } from './protocols/mlflow/mlflow-requests.fixture.ts';

/** What a route may be asked with. A stream takes any bytes. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: z.ZodType;
  readonly body: z.ZodType | 'stream' | undefined;
}

interface Sent {
  readonly url: string;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

type House = Awaited<ReturnType<typeof compose>>;

const seed = 20_260_417;
const timesEach = 8;
const token = `owner${'f'.repeat(40)}`;

/** Of what is switched off, and so is no failure: `501 NOT_IMPLEMENTED`. */
const switchedOff: readonly string[] = ['501 NOT_IMPLEMENTED', '503 FEATURE_DISABLED', '503 FEATURE_OFF'];

/**
 * Asks every route of a whole server for what it was not made for: bodies, queries and paths in which something is wrong.
 * The same ones in every run. None fails, all are answered in the words of their protocol, and the server goes on.
 */
export function fuzzRoutes(
  engine: string,
  openDatabase: () => Promise<{ url?: string; drop(): Promise<void> }>,
) {
  let directory: string;
  let house: House;
  let known: KnownIds;
  let drop: () => Promise<void>;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'esteira-fuzz-'));
    const database = await openDatabase();
    drop = database.drop;
    const flags = { dataDir: directory, port: 0, servingPort: 0, servingGrpcPort: 0, logLevel: 'silent' };
    const address = database.url === undefined ? {} : { databaseUrl: database.url };
    house = await compose(loadConfig({ flags: { ...flags, ...address }, environment: {} }));
    await house.http.listen();
    await house.identity.bootstrap({ bootstrapToken: token });
    known = await fill(house);
  });

  after(async () => {
    await house.close();
    await drop();
    rmSync(directory, { recursive: true, force: true });
  });

  test(`no body, query or path makes a route of ours fail on ${engine}`, async () => {
    const wrong: string[] = [];
    for (const route of ownRoutes())
      for (const sent of requestsOf(route, known)) {
        const answer = await send(house, route.method, sent);
        const fault = answer.status < 400 ? undefined : faultOfProblem(answer);
        if (fault !== undefined) wrong.push(told(route, sent, answer, fault));
      }
    assert.deepEqual(wrong, []);
    await assertAlive(house);
  });

  test(`no body, query or path makes a route of MLflow's protocol fail on ${engine}`, async () => {
    const wrong: string[] = [];
    for (const route of mlflowRoutes())
      for (const sent of requestsOf(route, known)) {
        const answer = await send(house, route.method, sent);
        const fault = answer.status < 400 ? undefined : faultOfMlflow(answer);
        if (fault !== undefined) wrong.push(told(route, sent, answer, fault));
      }
    assert.deepEqual(wrong, []);
    await assertAlive(house);
  });

  test(`every JSON route of MLflow's protocol is among those that are asked on ${engine}`, () => {
    const asked = new Set(mlflowRoutes().map(({ method, path }) => `${method} ${path}`));
    const left = house.http.registered
      .filter(({ method, path, wire }) => wire === 'mlflow' && method !== 'HEAD' && path.startsWith('/api/'))
      .map(({ method, path }) => `${method} ${path}`)
      .filter((name) => !asked.has(name));
    assert.deepEqual(left, []);
  });
}

/** Some of everything, so that ids lead somewhere. Resolves with the ids, by the names that fields and paths have for them. */
async function fill(house: House): Promise<KnownIds> {
  const ask = async (url: string, body: unknown) => {
    const { status, text } = await send(house, 'POST', { url, body: JSON.stringify(body) });
    assert.ok(status < 300, `${url}: ${status} ${text}`);
    return readJson(text);
  };
  const wire = '/api/2.0/mlflow';
  const { id: datasets } = await ask('/api/v1/datasets', { name: 'known' });
  const { id: runs } = await ask('/api/v1/runs', { experiment: 'known', name: 'known' });
  const { run } = await ask(`${wire}/runs/create`, { experiment_id: '0' });
  const { model } = await ask(`${wire}/logged-models`, { experiment_id: '0', name: 'known' });
  await ask(`${wire}/registered-models/create`, { name: 'known' });
  const { trace_info: trace } = await ask(`${wire}/traces`, { experiment_id: '0', timestamp_ms: 1 });
  const { dataset } = await ask('/api/3.0/mlflow/datasets/create', { name: 'known', experiment_ids: ['0'] });
  const traceId = idIn(trace, 'request_id');
  return {
    datasets: String(datasets),
    runs: String(runs),
    models: 'known',
    name: 'known',
    version: '1',
    experiment_id: '0',
    run_id: idIn(run, 'run_id'),
    source_run_id: idIn(run, 'run_id'),
    model_id: idIn(model, 'model_id'),
    dataset_id: idIn(dataset, 'dataset_id'),
    trace_id: traceId,
    request_id: traceId,
  };
}

/** The id of that name, wherever it is within an answer. */
function idIn(answer: unknown, name: string): string {
  return new RegExp(`"${name}":"([^"]+)"`).exec(JSON.stringify(answer))?.[1] ?? assert.fail(`no ${name}`);
}

/** Not asked: what would end the sign-in, and what waits for news for as long as there is none. */
const leftOut: readonly string[] = ['governance.signOut', 'tracking.watchRuns'];

/** Those that take things away come last, so that the others find them. */
function ownRoutes(): readonly Asked[] {
  return lastTaken(
    Object.values(api)
      .flatMap((room): RouteDefinition[] => Object.values(room))
      .filter(({ id }) => !leftOut.includes(id))
      .map(({ method, path, query = z.object({}), body }) => ({ method, path, query, body })),
  );
}

function mlflowRoutes(): readonly Asked[] {
  return lastTaken(
    Object.entries(mlflowRequests).map(([name, shape]) => {
      const [method = '', path = ''] = name.split(' ');
      const fields = z.object(shape).partial();
      const inQuery = method === 'GET';
      return {
        method,
        path: `/api${path}`,
        query: inQuery ? fields : z.object({}),
        body: inQuery ? undefined : fields,
      };
    }),
  );
}

function lastTaken(routes: readonly Asked[]): readonly Asked[] {
  const takes = ({ method, path }: Asked) =>
    method === 'DELETE' || /delete|purge|revoke/.test(path) ? 1 : 0;
  return routes.toSorted((one, other) => takes(one) - takes(other));
}

/** What one route is asked with. */
function requestsOf({ path, query, body }: Asked, known: KnownIds): readonly Sent[] {
  const parts = path.split('/');
  const places = parts.map((part, index) =>
    /^[:*]/.test(part) ? segmentOf(known[part.slice(1)] ?? known[parts[index - 1] ?? '']) : fc.constant(part),
  );
  const url = fc
    .tuple(fc.tuple(...places), almostOf(query, known))
    .map(([segments, asked]) => `${segments.join('/')}${toQuery(asked)}`);
  if (body === undefined) return fc.sample(url, { seed, numRuns: timesEach }).map((one) => ({ url: one }));
  const content =
    body === 'stream'
      ? fc.constantFrom(...hostileBodies)
      : fc.oneof(
          { weight: 4, arbitrary: almostOf(body, known).map(toHostileText) },
          { weight: 1, arbitrary: fc.constantFrom(...hostileBodies) },
        );
  return fc.sample(fc.record({ url, body: content }), { seed, numRuns: timesEach });
}

function segmentOf(known: string | undefined): fc.Arbitrary<string> {
  const hostile = fc.constantFrom(...hostileSegments);
  return known === undefined ? hostile : fc.oneof(fc.constant(known), hostile);
}

/** Nothing waits: what is asked to is told that it may not. */
function toQuery(asked: unknown): string {
  const fields = typeof asked === 'object' && asked !== null ? Object.entries(asked) : [];
  const pairs = fields
    .filter(([name]) => name !== 'waitSeconds')
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, one] as const))
    .map(([name, value]) => `${encodeURIComponent(name.toWellFormed())}=${escaped(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function escaped(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  // An address has no room for more.
  return encodeURIComponent(text.slice(0, 8_000).toWellFormed());
}

async function send(house: House, method: string, { url, body }: Sent): Promise<Answer> {
  const reply = await house.http.app.inject({
    method: method as 'GET',
    url,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: body }),
  });
  return {
    status: reply.statusCode,
    type: String(reply.headers['content-type'] ?? ''),
    text: reply.payload,
  };
}

function faultOfProblem({ status, type, text }: Answer): string | undefined {
  const { code } = readJson(text);
  if (status >= 500 && !switchedOff.includes(`${status} ${code}`)) return 'fails';
  if (!type.startsWith('application/problem+json')) return 'is no problem of ours';
  return typeof code === 'string' && Object.hasOwn(errorTable, code) ? undefined : 'has no code of the table';
}

function faultOfMlflow({ status, text }: Answer): string | undefined {
  const { error_code: code, message } = readJson(text);
  if (status >= 500 && !switchedOff.includes(`${status} ${code}`)) return 'fails';
  return typeof code === 'string' && typeof message === 'string' ? undefined : 'is no error of the protocol';
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function told(
  { method, path }: Asked,
  { url, body = '' }: Sent,
  { status, text }: Answer,
  fault: string,
): string {
  return `${method} ${path} ${fault}: ${status} ${text.slice(0, 200)}, asked ${url.slice(0, 200)} with ${body.slice(0, 300)}`;
}

async function assertAlive(house: House): Promise<void> {
  const made = await send(house, 'POST', {
    url: '/api/v1/runs',
    body: '{"experiment":"after","name":"all that"}',
  });
  assert.equal(made.status, 201, made.text);
  assert.equal((await send(house, 'GET', { url: `/api/v1/runs/${readJson(made.text).id}` })).status, 200);
}
