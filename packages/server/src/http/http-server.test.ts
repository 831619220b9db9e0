import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { makeSelfSignedCertificate } from '@esteira/model-server/self-signed-certificate';
import { openHttpEdge } from './http-server.fixture.ts';

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function open(options: Parameters<typeof openHttpEdge>[0] = {}) {
  const edge = await openHttpEdge(options);
  cleanups.push(edge.close);
  return edge;
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'esteira-edge-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('every answer carries the security headers, errors and the page included', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html>');
  writeFileSync(join(directory, 'assets/page.js'), 'export {}');
  const edge = await open({ uiDirectory: directory });
  const headers = await edge.credentials('viewer');
  for (const [url, status] of [
    ['/health', 200],
    ['/', 200],
    ['/assets/page.js', 200],
    ['/api/v1/me', 200],
    ['/api/v1/users', 403],
    ['/nowhere', 404],
    ['/%', 400],
  ] as const) {
    const reply = await edge.app.inject({ url, headers });
    assert.equal(reply.statusCode, status, url);
    const policy = String(reply.headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/, url);
    assert.match(policy, /frame-ancestors 'none'/, url);
    assert.ok(!/script-src[^;]*unsafe/.test(policy), url);
    assert.equal(reply.headers['x-content-type-options'], 'nosniff', url);
    assert.equal(reply.headers['x-frame-options'], 'DENY', url);
    assert.equal(reply.headers['referrer-policy'], 'no-referrer', url);
    assert.equal(reply.headers['cross-origin-opener-policy'], 'same-origin', url);
    assert.equal(reply.headers['access-control-allow-origin'], undefined, url);
    assert.equal(reply.headers['x-powered-by'], undefined, url);
  }
});

test('answers are kept by no cache, but for the page’s files that are named after their content', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html>');
  writeFileSync(join(directory, 'assets/page-1a2b.js'), 'export {}');
  const edge = await open({ uiDirectory: directory });
  const cachingOf = async (url: string) => (await edge.app.inject({ url })).headers['cache-control'];
  assert.equal(await cachingOf('/api/v1/me'), 'no-store');
  assert.equal(await cachingOf('/'), 'no-cache');
  assert.equal(await cachingOf('/assets/page-1a2b.js'), 'public, max-age=31536000, immutable');
  assert.equal(await cachingOf('/assets/page-of-the-next-release.js'), 'no-store');
});

test('the page is open, and only its own files are', async () => {
  const directory = temporaryDirectory();
  const page = join(directory, 'page');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(directory, 'secret.txt'), 'secret');
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
  writeFileSync(join(page, 'assets/page.js'), 'export {}');
  const edge = await open({ uiDirectory: page });
  assert.equal((await edge.app.inject({ url: '/' })).payload, '<!doctype html>');
  for (const url of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/%252e%252e/secret.txt',
    '//etc/passwd',
    '/..\\secret.txt',
  ]) {
    const reply = await edge.app.inject({ url });
    assert.ok([400, 401, 403, 404].includes(reply.statusCode), `${url} ${reply.statusCode}`);
    assert.ok(!reply.payload.includes('secret"') && reply.payload !== 'secret', url);
  }
});

test('without a built page, the root says how to build it', async () => {
  const edge = await open();
  const reply = await edge.app.inject({ url: '/' });
  assert.equal(reply.statusCode, 200);
  assert.match(reply.payload, /npm run build:ui/);
});

test('the probes say their status and nothing else', async () => {
  let engines = true;
  const edge = await open({
    checkReady: async () => {
      if (!engines) throw new Error('disk on fire at /secret/path');
    },
  });
  const probe = async (url: string) => {
    const { statusCode, payload } = await edge.app.inject({ url });
    return [statusCode, payload];
  };
  engines = false;
  assert.deepEqual(await probe('/ready'), [503, 'NOT READY']);
  assert.deepEqual(await probe('/health'), [200, 'OK']);
});

test('with a certificate it listens on every address and speaks only TLS', async () => {
  const directory = temporaryDirectory();
  const { certificate, key } = makeSelfSignedCertificate('localhost');
  writeFileSync(join(directory, 'cert.pem'), certificate);
  writeFileSync(join(directory, 'key.pem'), key);
  const edge = await open({
    config: {
      host: '0.0.0.0',
      tlsCert: join(directory, 'cert.pem'),
      tlsKey: join(directory, 'key.pem'),
    },
  });
  const { url, port, innerUrl } = await edge.http.listen();
  assert.equal(url, `https://localhost:${port}`);
  const answer = await new Promise<string>((resolve, reject) => {
    get(
      { host: '127.0.0.1', port, path: '/health', ca: certificate, servername: 'localhost' },
      (response) => {
        let text = '';
        response.on('data', (bytes) => {
          text += String(bytes);
        });
        response.on('end', () => resolve(text));
      },
    ).on('error', reject);
  });
  assert.equal(answer, 'OK');
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));

  // Model servers of this machine come in by loopback, under the same rules.
  assert.match(innerUrl, /^http:\/\/127\.0\.0\.1:/);
  assert.equal(await (await fetch(`${innerUrl}/health`)).text(), 'OK');
  assert.equal((await fetch(`${innerUrl}/api/v1/me`)).status, 401);
  assert.equal(
    (await fetch(`${innerUrl}/api/v1/me`, { headers: await edge.credentials('viewer') })).status,
    200,
  );
});

test('exposed without protection, it refuses to listen', async () => {
  const edge = await open({ config: { host: '0.0.0.0' } });
  await assert.rejects(edge.http.listen(), { code: 'EXPOSED_WITHOUT_TLS' });
});

test('a certificate that cannot be read is a mistake in the configuration', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'key.pem'), 'no key');
  const missing = { tlsCert: join(directory, 'none.pem'), tlsKey: join(directory, 'key.pem') };
  await assert.rejects(open({ config: missing }), { code: 'BAD_CONFIG' });
  const damaged = { tlsCert: join(directory, 'key.pem'), tlsKey: join(directory, 'key.pem') };
  await assert.rejects(open({ config: damaged }), { code: 'BAD_CONFIG' });
});

test('a port that is taken is told as such', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => void other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const edge = await open({ config: { port } });
  await assert.rejects(edge.http.listen(), { code: 'ADDRESS_UNAVAILABLE' });
});

test('the address people use is the public one where there is one', async () => {
  const plain = await open();
  const { url, port } = await plain.http.listen();
  assert.equal(url, `http://127.0.0.1:${port}`);
  assert.equal((await fetch(`${url}/health`)).status, 200);
  const proxied = await open({ config: { publicUrl: 'https://esteira.example.com' } });
  const listening = await proxied.http.listen();
  assert.equal(listening.url, 'https://esteira.example.com');
  assert.equal(listening.innerUrl, `http://127.0.0.1:${listening.port}`);
});
