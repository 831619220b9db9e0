import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { createInferenceClient } from './inference-client.fixture.ts';
import { infer, makeEndpoint, makeServerDirectory, matrix } from './model-server.fixture.ts';
import { makeSelfSignedCertificate } from './self-signed-certificate.fixture.ts';
import { readServerOptions } from './server-options.ts';
import { type RunningModelServer, startModelServer } from './start-model-server.ts';

const own = makeSelfSignedCertificate('localhost');
const caller = makeSelfSignedCertificate('caller');
const stranger = makeSelfSignedCertificate('stranger');
const files = makeServerDirectory();
let server: RunningModelServer;

before(async () => {
  files.write([makeEndpoint(files.addVersion(1, 5))]);
  const write = (name: string, text: string): string => {
    const path = join(files.directory, name);
    writeFileSync(path, text);
    return path;
  };
  const options = readServerOptions({
    ESTEIRA_MODEL_SERVER_DIR: files.directory,
    ESTEIRA_SERVING_PORT: '0',
    ESTEIRA_SERVING_GRPC_PORT: '0',
    ESTEIRA_SERVING_TLS_CERT: write('cert.pem', own.certificate),
    ESTEIRA_SERVING_TLS_KEY: write('key.pem', own.key),
    ESTEIRA_SERVING_TLS_CLIENT_CA: write('callers.pem', caller.certificate),
  });
  server = await startModelServer(options, { info() {}, warn() {}, error() {} });
});

after(async () => {
  await server.stop();
  files.remove();
});

function ask(
  shown: { certificate: string; key: string } | undefined,
  authorization: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: new URL(server.httpUrl).port,
        path: '/v2',
        ca: own.certificate,
        servername: 'localhost',
        agent: false,
        headers: { authorization },
        ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

test('a caller shows a certificate beside its key, or finds no connection', async () => {
  assert.equal(await ask(caller, 'Bearer secret'), 200);
  assert.equal(await ask(caller, 'Bearer another'), 401);
  await assert.rejects(ask(undefined, 'Bearer secret'));
  await assert.rejects(ask(stranger, 'Bearer secret'));
});

test('a caller over gRPC shows a certificate beside its key too', async () => {
  const ask = async (shown: typeof caller | undefined, key: string) => {
    const client = createInferenceClient(server.grpcAddress ?? '', own.certificate, shown);
    try {
      return await client.call<{ ready: boolean }>('ModelReady', { name: 'late-flights' }, key);
    } finally {
      client.close();
    }
  };
  assert.deepEqual(await ask(caller, 'secret'), { ready: true });
  await assert.rejects(ask(caller, 'another'), { code: status.UNAUTHENTICATED });
  await assert.rejects(ask(undefined, 'secret'), { code: status.UNAVAILABLE });
  await assert.rejects(ask(stranger, 'secret'), { code: status.UNAVAILABLE });
});

test('the platform on the same machine asks by its own door', async () => {
  const answer = await infer(server.innerUrl, matrix([[1, 2, 3]]));
  assert.notEqual(answer.status, 401);
});

test('a certificate of callers without one of the server is a mistake that is told', () => {
  assert.throws(
    () => readServerOptions({ ESTEIRA_SERVING_TLS_CLIENT_CA: '/callers.pem' }),
    /ESTEIRA_SERVING_TLS_CLIENT_CA goes with/,
  );
});
