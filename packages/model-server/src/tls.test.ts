import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createInferenceClient } from './inference-client.fixture.ts';
import { infer, makeEndpoint, makeServerDirectory, matrix } from './model-server.fixture.ts';
import { makeSelfSignedCertificate } from './self-signed-certificate.fixture.ts';
import { readServerOptions } from './server-options.ts';
import { type RunningModelServer, startModelServer } from './start-model-server.ts';

const token = 'a-scrape-token-for-tests';
const { certificate, key } = makeSelfSignedCertificate('localhost');
const files = makeServerDirectory();
let server: RunningModelServer;

before(async () => {
  files.write([makeEndpoint(files.addVersion(1, 5))]);
  const [cert, secret] = [join(files.directory, 'cert.pem'), join(files.directory, 'key.pem')];
  writeFileSync(cert, certificate);
  writeFileSync(secret, key);
  const options = readServerOptions({
    ESTEIRA_MODEL_SERVER_DIR: files.directory,
    ESTEIRA_SERVING_HOST: '0.0.0.0',
    ESTEIRA_SERVING_PORT: '0',
    ESTEIRA_SERVING_GRPC_PORT: '0',
    ESTEIRA_SERVING_TLS_CERT: cert,
    ESTEIRA_SERVING_TLS_KEY: secret,
    ESTEIRA_METRICS_TOKEN: token,
  });
  server = await startModelServer(options, { info() {}, warn() {}, error() {} });
});

after(async () => {
  await server.stop();
  files.remove();
});

/** Trusts the certificate and asks under the name it was made for. */
function askSecurely(
  path: string,
  authorization: string,
  body?: string,
): Promise<{ status: number; text: string }> {
  const { port } = new URL(server.httpUrl);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: body === undefined ? 'GET' : 'POST',
        ca: certificate,
        servername: 'localhost',
        headers: { authorization },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

test('with a certificate REST speaks TLS and nothing else, on every address', async () => {
  assert.match(server.httpUrl, /^https:\/\/0\.0\.0\.0:\d+$/);
  const body = JSON.stringify(matrix([[1, 2, 3]]));
  const answer = await askSecurely('/v2/models/late-flights/infer', 'Bearer secret', body);
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await askSecurely('/v2', 'Bearer wrong')).status, 401);
  const { port } = new URL(server.httpUrl);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
});

test('the control plane of the machine comes in by loopback, under the same rules', async () => {
  assert.match(server.innerUrl, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await infer(server.innerUrl, matrix([[1, 2, 3]]))).status, 200);
  assert.equal((await infer(server.innerUrl, matrix([[1, 2, 3]]), { key: 'wrong' })).status, 401);
});

test('gRPC speaks TLS with the same certificate', async () => {
  const [, port] = /:(\d+)$/.exec(server.grpcAddress ?? '') ?? [];
  const ready = async (trusted?: string): Promise<boolean> => {
    const client = createInferenceClient(`127.0.0.1:${port}`, trusted);
    const answered = client.call('ServerReady', {}).then(
      () => true,
      () => false,
    );
    return await answered.finally(client.close);
  };
  assert.equal(await ready(certificate), true);
  assert.equal(await ready(), false);
});

test('the metrics take the scrape token, and count what was answered and refused', async () => {
  for (const shown of ['', 'Bearer secret', 'Bearer wrong']) {
    assert.equal((await askSecurely('/metrics', shown)).status, 401, shown);
  }
  const { status, text } = await askSecurely('/metrics', `Bearer ${token}`);
  assert.equal(status, 200);
  const sample = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1),
    );
  const labels = 'endpoint="late-flights",arm="primary"';
  assert.equal(sample(`esteira_inference_requests_total{${labels},status="ok"}`), 2);
  assert.equal(sample(`esteira_inference_request_duration_seconds_count{${labels}}`), 2);
  assert.equal(sample(`esteira_inference_request_duration_seconds_bucket{${labels},le="+Inf"}`), 2);
  assert.ok(sample(`esteira_inference_request_duration_seconds_sum{${labels}}`) > 0);
  assert.ok(sample('esteira_inference_errors_total{code="INFERENCE_KEY_REJECTED"}') >= 2);
  assert.ok(sample('esteira_prediction_log_waiting_bytes') > 0);
  assert.ok(sample('esteira_prediction_log_lag_seconds') > 0);
  assert.equal(sample('esteira_model_server_ready'), 1);
  const buckets = text.split('\n').filter((line) => line.includes('_duration_seconds_bucket{'));
  const counts = buckets.map((line) => Number(line.split(' ').at(-1)));
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => a - b),
  );
  for (const [, name = ''] of text.matchAll(/^# TYPE (\S+)/gm))
    assert.ok(text.includes(`# HELP ${name} `), name);
});
