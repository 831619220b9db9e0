import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, test } from 'node:test';
import { configSchema } from '@esteira/contracts';
import { requireProtectedAddress } from './host-guard.ts';
import { type EdgeOptions, openHttpEdge } from './http-server.fixture.ts';

type Edge = Awaited<ReturnType<typeof openHttpEdge>>;
const opened: Edge[] = [];

afterEach(async () => {
  for (const edge of opened.splice(0)) await edge.close();
});

async function open(config: EdgeOptions['config'] = {}): Promise<Edge> {
  const edge = await openHttpEdge({ config });
  opened.push(edge);
  return edge;
}

async function statusFor(edge: Edge, host: string): Promise<number> {
  return (await edge.app.inject({ url: '/health', headers: { host } })).statusCode;
}

test('loopback is answered under each of its names, with any port', async () => {
  const edge = await open();
  for (const host of ['localhost', 'LOCALHOST:7700', '127.0.0.1', '127.0.0.1:1', '[::1]', '[::1]:7700'])
    assert.equal(await statusFor(edge, host), 200, host);
});

test('a foreign page that points its own name at the server gets nothing, not even the probes', async () => {
  const edge = await open();
  for (const host of [
    'rebound.example.com',
    'rebound.example.com:7700',
    'localhost.example.com',
    '127.0.0.1.example.com',
    'example.com:127.0.0.1',
    '127.0.0.1:7700@example.com',
    '[::1]example.com',
    '[::2]:7700',
    '192.168.0.7',
  ]) {
    const reply = await edge.app.inject({ url: '/health', headers: { host } });
    assert.equal(reply.statusCode, 421, host);
    assert.equal(reply.json().code, 'HOST_NOT_ALLOWED');
  }
});

test('a request without a host header is refused', async () => {
  const edge = await open();
  const { port } = await edge.http.listen();
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end('GET /health HTTP/1.0\r\n\r\n'));
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString();
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  assert.match(answer, /^HTTP\/1\.1 421 /);
});

test('declared names and the public address are answered, whatever their case', async () => {
  const edge = await open({
    allowedHosts: 'Models.Example.com, backup.example.com',
    publicUrl: 'https://Esteira.example.com',
  });
  for (const host of ['models.example.com', 'BACKUP.example.com:443', 'esteira.example.com'])
    assert.equal(await statusFor(edge, host), 200, host);
  assert.equal(await statusFor(edge, 'other.example.com'), 421);
});

test('a public address that is an IPv6 number is known under its bracketed form', async () => {
  const edge = await open({ publicUrl: 'https://[2001:db8::7]:8443' });
  assert.equal(await statusFor(edge, '[2001:db8::7]:8443'), 200);
});

test('bound to every address, numbers are answered and undeclared names are not', async () => {
  const edge = await open({ host: '0.0.0.0', trustedProxy: true });
  assert.equal(await statusFor(edge, '192.168.0.7:7700'), 200);
  assert.equal(await statusFor(edge, '[2001:db8::7]'), 200);
  assert.equal(await statusFor(edge, 'rebound.example.com'), 421);
});

test('a state-changing call from a foreign origin is refused, another port being another origin', async () => {
  const edge = await open({ publicUrl: 'https://esteira.example.com' });
  const post = async (host: string, origin: string) =>
    (
      await edge.app.inject({
        method: 'POST',
        url: '/api/v1/sign-in',
        headers: { host, origin },
        payload: { secret: 'x' },
      })
    ).json().code;
  for (const [host, origin] of [
    ['127.0.0.1:7700', 'https://evil.example.com'],
    ['127.0.0.1:7700', 'http://127.0.0.1:8888'],
    ['127.0.0.1:7700', 'http://localhost:7700'],
    ['127.0.0.1:7700', 'null'],
    ['127.0.0.1:7700', 'not an origin'],
    ['esteira.example.com', 'https://esteira.example.com.evil.example.com'],
  ] as const)
    assert.equal(await post(host, origin), 'CSRF_FAILED', origin);
  for (const [host, origin] of [
    ['127.0.0.1:7700', 'http://127.0.0.1:7700'],
    ['localhost:7700', 'http://localhost:7700'],
    ['[::1]:7700', 'http://[::1]:7700'],
    ['esteira.example.com', 'https://esteira.example.com'],
    ['127.0.0.1:7700', 'https://esteira.example.com'],
  ] as const)
    assert.equal(await post(host, origin), 'SIGN_IN_LINK_INVALID', `${host} ${origin}`);
});

test('reading needs no origin: a link from another page may be followed', async () => {
  const edge = await open();
  const headers = { host: 'localhost', origin: 'https://example.com' };
  assert.equal((await edge.app.inject({ url: '/health', headers })).statusCode, 200);
});

test('listening beyond loopback needs TLS or a proxy that ends it', async () => {
  for (const host of ['0.0.0.0', '::', '192.168.0.7', 'models.example.com', '127.example.com'])
    assert.throws(
      () => requireProtectedAddress(configSchema.parse({ host })),
      { code: 'EXPOSED_WITHOUT_TLS' },
      host,
    );
  for (const config of [
    { host: '127.0.0.1' },
    { host: '127.8.8.8' },
    { host: '::1' },
    { host: 'localhost' },
    { host: '0.0.0.0', trustedProxy: 'true' as const },
    { host: '0.0.0.0', tlsCert: 'cert.pem', tlsKey: 'key.pem' },
  ])
    requireProtectedAddress(configSchema.parse(config));
});
