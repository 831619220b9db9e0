import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { api, type Role, type RouteDefinition, rolePermissions, roles } from '@esteira/contracts';
import { z } from 'zod';
import { compose } from './compose.ts';
import { loadConfig } from './config.ts';
import { systemActor } from './governance/index.ts';
import { pagesById } from './kernel/paging.ts';

/** The whole list of what a stranger may ask: probes, versions, the page's files, the exchange of a sign-in link. */
const openRoutes = [
  'GET /health',
  'GET /ready',
  'GET /',
  'GET /esteira.svg',
  'GET /assets/*',
  'GET /version',
  'POST /api/v1/sign-in',
];

const contracts: ReadonlyMap<string, RouteDefinition> = new Map(
  Object.values(api)
    .flatMap((room): RouteDefinition[] => Object.values(room))
    .map((route) => [`${route.method} ${route.path}`, route]),
);

let directory: string;
let house: Awaited<ReturnType<typeof compose>>;
const tokens = new Map<Role, string>();

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'esteira-walk-'));
  const flags = { dataDir: directory, port: 0, servingPort: 0, servingGrpcPort: 0, logLevel: 'silent' };
  house = await compose(loadConfig({ flags, environment: {} }));
  await house.http.listen();
  const bootstrapToken = `owner${'x'.repeat(40)}`;
  await house.identity.bootstrap({ bootstrapToken });
  tokens.set('owner', bootstrapToken);
  for (const role of roles) if (role !== 'owner') tokens.set(role, await issueToken([role]));
});

after(async () => {
  await house.close();
  rmSync(directory, { recursive: true, force: true });
});

async function issueToken(held: readonly Role[], expiresAt?: number): Promise<string> {
  const { secret } = await house.identity.issueServiceToken(
    { workspace: 'default', actor: systemActor, requestId: 'req_walk' },
    {
      name: `walker-${held.join('-')}${expiresAt === undefined ? '' : '-brief'}`,
      roles: held,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
  );
  return secret;
}

/** Everything the framework has a handler for. HEAD comes with every GET. */
function registeredRoutes() {
  return house.http.registered.map((route) => ({
    ...route,
    name: `${route.method === 'HEAD' ? 'GET' : route.method} ${route.path}`,
  }));
}

/** Knocks with a body that no route can read: identity and permission are judged before it is parsed. */
async function knock(route: { method: string; path: string }, headers: Record<string, string> = {}) {
  const { body, query } = contracts.get(`${route.method} ${route.path}`) ?? {};
  const reply = await house.http.app.inject({
    method: route.method as 'GET',
    // A limit that is no number ends every list and wait before it begins.
    url: `${route.path.replace(/[:*]\w*/g, 'x')}${query === undefined ? '' : '?limit=none&waitSeconds=none&after=none'}`,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { payload: '{' }),
  });
  const problem = reply.headers['content-type']?.toString().startsWith('application/problem+json');
  const told = reply.headers['content-type']?.toString().includes('json') && reply.payload !== '';
  const code = told ? codeOf(reply.json(), problem ?? false) : '';
  return {
    status: reply.statusCode,
    code,
    text: `${route.method} ${route.path}: ${reply.statusCode} ${code}`,
  };
}

/** Problems of ours have a code, answers of MLflow an error code, those of OpenTelemetry the number of google.rpc.Code. */
function codeOf(answer: { code?: unknown; error_code?: unknown }, isProblem: boolean): string {
  if (isProblem) return String(answer.code);
  return answer.code === 16 ? 'UNAUTHENTICATED' : String(answer.error_code);
}

test('every route that is registered stands in the contracts, is of a foreign protocol, or is a probe or a file of the page', () => {
  const unknown = registeredRoutes()
    .filter(({ wire }) => wire === undefined)
    .map(({ name }) => name)
    .filter((name) => !contracts.has(name) && !openRoutes.includes(name));
  assert.deepEqual(unknown, []);
});

test('every route of the contracts is registered, with the access it declares', () => {
  const registered = new Map(registeredRoutes().map(({ name, access }) => [name, access]));
  const differing = [...contracts].filter(([name, { access }]) => registered.get(name) !== access);
  assert.deepEqual(
    differing.map(([name]) => name),
    [],
  );
});

test('without credentials, everything but the open routes answers 401', async () => {
  const open: string[] = [];
  for (const route of registeredRoutes()) {
    const { status, code } = await knock(route);
    if (status !== 401) open.push(route.name);
    else if (route.method !== 'HEAD') assert.equal(code, 'UNAUTHENTICATED', route.name);
  }
  assert.deepEqual(
    [...new Set(open)].filter((name) => !openRoutes.includes(name)),
    [],
  );
});

test('what is not there answers a stranger like what is', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])
    for (const path of [
      '/api/v1/nowhere',
      '/api',
      '/metrics',
      '/admin',
      '/api/v1/datasets/x/y/z',
      '/v2/models',
    ])
      assert.equal((await knock({ method, path })).status, 401, `${method} ${path}`);
});

for (const role of roles) {
  test(`a ${role} gets past the door of exactly the routes that its permissions open`, async () => {
    const headers = { authorization: `Bearer ${tokens.get(role)}` };
    const granted = new Set<string>(rolePermissions[role]);
    const wrong: string[] = [];
    for (const route of registeredRoutes()) {
      const { access } = route;
      const allowed = access === 'open' || access === 'self' || (access !== undefined && granted.has(access));
      const { status, text } = await knock(route, headers);
      const past = status !== 401 && status !== 403;
      // Signing in asks for a link's secret, whoever asks.
      if (past !== allowed && route.path !== '/api/v1/sign-in') wrong.push(text);
    }
    assert.deepEqual(wrong, []);
  });
}

test('every list refuses a cursor that nobody gave out, and one of another list, in the same words', async () => {
  const headers = { authorization: `Bearer ${tokens.get('owner')}` };
  const send = async (method: 'GET' | 'POST', url: string, payload?: object) =>
    await house.http.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  await send('POST', '/api/v1/datasets', { name: 'x' });
  const run = await send('POST', '/api/v1/runs', { experiment: 'x', name: 'x' });
  const rows = [{ id: 'b' }, { id: 'a' }];
  const foreign = pagesById('elsewhere').of(rows, 1).nextCursor ?? assert.fail();
  const lists = [...contracts.values()].filter(
    ({ query }) => query instanceof z.ZodObject && 'cursor' in query.shape,
  );
  assert.ok(lists.length > 25);
  for (const { method, path } of lists) {
    for (const cursor of [foreign, 'nonsense', Buffer.from('{"a":1}').toString('base64url')]) {
      const place = path.replace(':id', String(run.json().id)).replace(':name', 'x');
      const reply = await send(method as 'GET', `${place}?cursor=${cursor}`);
      const ours = reply.payload.includes('not a cursor of this list');
      assert.deepEqual(
        { path, status: reply.statusCode, code: reply.json().code, ours },
        { path, status: 400, code: 'INVALID_REQUEST', ours: true },
      );
    }
  }
});

test('a token that is expired, revoked, or of a disabled user opens nothing', async () => {
  const admin = { authorization: `Bearer ${tokens.get('admin')}`, 'content-type': 'application/json' };
  const dead = { expired: await issueToken(['admin'], Date.now() - 1), revoked: '', disabled: '' };
  for (const kind of ['revoked', 'disabled'] as const) {
    const created = await house.http.app.inject({
      method: 'POST',
      url: '/api/v1/users',
      headers: admin,
      payload: { name: kind, kind: 'service', roles: ['admin'] },
    });
    const issued = await house.http.app.inject({
      method: 'POST',
      url: '/api/v1/tokens',
      headers: admin,
      payload: { name: kind, userId: created.json().id },
    });
    dead[kind] = issued.json().secret;
    const end =
      kind === 'revoked'
        ? ({ method: 'DELETE', url: `/api/v1/tokens/${issued.json().token.id}` } as const)
        : ({
            method: 'PATCH',
            url: `/api/v1/users/${created.json().id}`,
            payload: { disabled: true },
          } as const);
    const { authorization } = admin;
    const ended = await house.http.app.inject({ ...end, headers: { authorization } });
    assert.equal(ended.statusCode, 200, ended.payload);
  }
  for (const [kind, token] of Object.entries(dead)) {
    for (const route of registeredRoutes()) {
      if (route.access === 'open') continue;
      const { status, text } = await knock(route, { authorization: `Bearer ${token}` });
      assert.equal(status, 401, `${kind}: ${text}`);
    }
  }
});
