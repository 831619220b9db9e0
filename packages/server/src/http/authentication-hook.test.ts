import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { governanceApi, type Me, rolePermissions } from '@esteira/contracts';
import { bindRoute } from '../kernel/route-binding.ts';
import { openHttpEdge } from './http-server.fixture.ts';

type Edge = Awaited<ReturnType<typeof openHttpEdge>>;
const opened: Edge[] = [];
const day = 24 * 3_600_000;

afterEach(async () => {
  for (const edge of opened.splice(0)) await edge.close();
});

async function open(options: Parameters<typeof openHttpEdge>[0] = {}): Promise<Edge> {
  const edge = await openHttpEdge(options);
  opened.push(edge);
  return edge;
}

async function me(edge: Edge, headers: Record<string, string>): Promise<number> {
  return (await edge.app.inject({ url: '/api/v1/me', headers })).statusCode;
}

/** Signs the owner in and returns what a browser would hold. */
async function signIn(edge: Edge) {
  const reply = await edge.app.inject({
    method: 'POST',
    url: '/api/v1/sign-in',
    payload: { secret: edge.signInSecret },
  });
  assert.equal(reply.statusCode, 200);
  const [cookie] = reply.cookies;
  return {
    reply,
    cookie: `${cookie?.name}=${cookie?.value}`,
    csrfToken: String(reply.json().csrfToken),
  };
}

test('a route that declares no access cannot be registered', async () => {
  const edge = await open();
  assert.throws(() => edge.app.get('/forgotten', async () => 'open'), /declares no access/);
});

test('a token is taken as bearer or as the password of basic, and from nowhere else', async () => {
  const edge = await open();
  const { authorization } = await edge.credentials('viewer');
  const token = authorization.slice('Bearer '.length);
  const basic = Buffer.from(`anyone:${token}`).toString('base64');
  assert.equal(await me(edge, { authorization }), 200);
  assert.equal(await me(edge, { authorization: `Basic ${basic}` }), 200);
  for (const bad of ['', 'Bearer', 'Bearer ', `Bearer ${token}x`, token, `Token ${token}`, 'Basic !!!'])
    assert.equal(await me(edge, { authorization: bad }), 401, bad);
  assert.equal(
    await me(edge, { 'x-api-key': token, cookie: `token=${token}; esteira_session=${token}` }),
    401,
  );
  const inQuery = await edge.app.inject({ url: `/api/v1/me?token=${token}&access_token=${token}` });
  assert.equal(inQuery.statusCode, 401);
});

test('an expired or revoked token, and every token of a disabled user, is worth nothing', async () => {
  const edge = await open();
  const headers = await edge.credentials('admin');
  const call = async (method: 'POST' | 'PATCH' | 'DELETE', url: string, payload: object) => {
    const reply = await edge.app.inject({ method, url, payload, headers });
    assert.ok(reply.statusCode < 300, reply.payload);
    return reply.json();
  };
  const robot = await call('POST', '/api/v1/users', { name: 'robot', kind: 'service', roles: ['viewer'] });
  const issue = async (expiresInDays: number) => {
    const body = { name: `t${expiresInDays}`, userId: robot.id, expiresInDays };
    const { token, secret } = await call('POST', '/api/v1/tokens', body);
    return { id: String(token.id), headers: { authorization: `Bearer ${secret}` } };
  };
  const [short, revoked, kept] = [await issue(1), await issue(2), await issue(9)];
  for (const token of [short, revoked, kept]) assert.equal(await me(edge, token.headers), 200);

  await call('DELETE', `/api/v1/tokens/${revoked.id}`, {});
  assert.equal(await me(edge, revoked.headers), 401);
  assert.equal(await me(edge, kept.headers), 200);
  edge.time.now += day;
  assert.equal(await me(edge, short.headers), 401);
  assert.equal(await me(edge, kept.headers), 200);
  await call('PATCH', `/api/v1/users/${robot.id}`, { disabled: true });
  assert.equal(await me(edge, kept.headers), 401);
});

test('the permission is checked before the body is read, and the refusal names it', async () => {
  const edge = await open();
  const headers = { ...(await edge.credentials('auditor')), 'content-type': 'application/json' };
  const reply = await edge.app.inject({
    method: 'POST',
    url: '/api/v1/users',
    headers,
    payload: '{ not json',
  });
  assert.equal(reply.statusCode, 403);
  assert.equal(reply.json().code, 'FORBIDDEN');
  assert.equal(reply.json().details.permission, 'users:manage');
});

test('the handler is told who acts, in which workspace, under the id of the request', async () => {
  let seen: unknown;
  const edge = await open({
    routes: [
      bindRoute(governanceApi.listUsers, async (_request, context) => {
        seen = context;
        return { items: [] };
      }),
    ],
  });
  await edge.app.inject({ url: '/api/v1/users', headers: await edge.credentials('admin') });
  const { workspace, actor, requestId } = seen as { workspace: string; actor: object; requestId: string };
  assert.equal(workspace, 'default');
  assert.match(requestId, /^req_/);
  assert.deepEqual(
    [...(actor as { permissions: ReadonlySet<string> }).permissions].sort(),
    [...rolePermissions.admin].sort(),
  );
});

test('a sign-in gives a cookie that scripts cannot read and other sites cannot send', async () => {
  const edge = await open();
  const { reply, cookie, csrfToken } = await signIn(edge);
  const header = String(reply.headers['set-cookie']);
  assert.match(header, /^esteira_session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
  const answer = await edge.app.inject({ url: '/api/v1/me', headers: { cookie } });
  const known = answer.json() as Me;
  assert.equal(known.name, 'owner');
  assert.equal(known.csrfToken, csrfToken);
  const again = await edge.app.inject({
    method: 'POST',
    url: '/api/v1/sign-in',
    payload: { secret: edge.signInSecret },
  });
  assert.equal(again.json().code, 'SIGN_IN_LINK_INVALID');
});

test('behind TLS, its own or that of the public address, the cookie travels only encrypted', async () => {
  const edge = await open({ config: { publicUrl: 'https://esteira.example.com' } });
  const { reply } = await signIn(edge);
  assert.match(String(reply.headers['set-cookie']), /; Secure/);
});

test('a session changes nothing without its own CSRF token', async () => {
  const edge = await open();
  const { cookie, csrfToken } = await signIn(edge);
  const post = async (headers: Record<string, string>) =>
    edge.app.inject({ method: 'POST', url: '/api/v1/sign-out', headers: { cookie, ...headers } });
  for (const headers of [{}, { 'x-esteira-csrf': '' }, { 'x-esteira-csrf': `${csrfToken}x` }]) {
    const reply = await post(headers as Record<string, string>);
    assert.equal(reply.statusCode, 403);
    assert.equal(reply.json().code, 'CSRF_FAILED');
  }
  const out = await post({ 'x-esteira-csrf': csrfToken });
  assert.equal(out.statusCode, 200);
  assert.match(String(out.headers['set-cookie']), /^esteira_session=; .*Expires=Thu, 01 Jan 1970/);
  assert.equal(await me(edge, { cookie }), 401);
});

test('a bad token is not excused by a good session', async () => {
  const edge = await open();
  const { cookie } = await signIn(edge);
  assert.equal(await me(edge, { cookie }), 200);
  assert.equal(await me(edge, { cookie, authorization: 'Bearer nonsense' }), 401);
});
