import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { reservePort } from './reserve-port.ts';
import { type RunningServer, type StartOptions, startServer } from './start-server.ts';

const token = `owner${'t'.repeat(40)}`;
const running: RunningServer[] = [];
let dataDir: string;

beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'esteira-start-')), 'data');
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
  rmSync(join(dataDir, '..'), { recursive: true, force: true });
});

async function start(flags: StartOptions['flags'] = {}, interactive = false): Promise<RunningServer> {
  const server = await startServer({
    flags: { dataDir, port: 0, servingPort: 0, servingGrpcPort: 0, logLevel: 'silent', ...flags },
    environment: {},
    interactive,
  });
  running.push(server);
  return server;
}

async function whoAmI(server: Pick<RunningServer, 'url'>): Promise<string> {
  const reply = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  const body = (await reply.json()) as { name?: string };
  return reply.ok ? String(body.name) : String(reply.status);
}

test('the first start lets a person in by a link, shown where somebody sees it and kept in a file where not', async () => {
  const seen = await start({}, true);
  assert.match(
    seen.signInNotice,
    /^Sign in within 15 minutes, once: http:\/\/127\.0\.0\.1:\d+\/#\/sign-in\/\S+$/,
  );
  await running.pop()?.close();
  const unseen = await start();
  const path = unseen.signInNotice.replace('The sign-in link is in ', '');
  assert.ok(!unseen.signInNotice.includes('#/sign-in/'));
  assert.match(readFileSync(path, 'utf8'), /#\/sign-in\//);
});

test('whoever finds a server well that has just been started is let in by the bootstrap token', async () => {
  const { port, release } = await reservePort(0, '127.0.0.1');
  await release();
  const starting = start({ bootstrapToken: token, port });
  const url = `http://127.0.0.1:${port}`;
  const isWell = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isWell())) await new Promise(setImmediate);
  assert.equal(await whoAmI({ url }), 'owner');
  await starting;
});

test('what was set up is there after a restart', async () => {
  const first = await start({ bootstrapToken: token });
  assert.equal(await whoAmI(first), 'owner');
  await running.pop()?.close();
  const second = await start();
  assert.equal(await whoAmI(second), 'owner');
  assert.equal(second.signInNotice, '');
});

test('a second server on the same data is refused, and the first goes on', async () => {
  const first = await start({ bootstrapToken: token });
  await assert.rejects(start(), { code: 'STORAGE_BUSY' });
  assert.equal(await whoAmI(first), 'owner');
});

test('exposed without TLS or a trusted proxy it refuses to start, and leaves nothing behind', async () => {
  await assert.rejects(start({ host: '0.0.0.0' }), { code: 'EXPOSED_WITHOUT_TLS' });
  assert.ok(!existsSync(dataDir));
  const proxied = await start({ host: '0.0.0.0', trustedProxy: true, bootstrapToken: token });
  assert.equal(await whoAmI({ ...proxied, url: `http://127.0.0.1:${proxied.port}` }), 'owner');
});

test('a start that fails gives the data back at once', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    await assert.rejects(start({ port }), { code: 'ADDRESS_UNAVAILABLE' });
  } finally {
    other.close();
  }
  const certificate = join(dataDir, 'no-certificate.pem');
  writeFileSync(certificate, 'nonsense');
  await assert.rejects(start({ tlsCert: certificate, tlsKey: certificate }), { code: 'BAD_CONFIG' });
  await assert.rejects(start({ bootstrapToken: `${'x'.repeat(40)} with spaces` }), { code: 'BAD_CONFIG' });
  assert.equal(await whoAmI(await start({ port, bootstrapToken: token })), 'owner');
});

test('after closing nothing listens and the process may end', async () => {
  const server = await start({ bootstrapToken: token });
  assert.equal(await whoAmI(server), 'owner');
  await running.pop()?.close();
  await assert.rejects(fetch(`${server.url}/health`));
});
