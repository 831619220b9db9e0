import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createClient, type EsteiraClient } from '@esteira/sdk';
import { createInferenceClient, makeSelfSignedCertificate } from '@esteira/server/test-data-plane';
import { inventFlights, toCsv } from './flights.fixture.ts';
import { createPlace, type Installation, ownerToken } from './installation.fixture.ts';
import { defineFeatures, land, openProject, runEnded, startRun, stepOf } from './late-flights.fixture.ts';
import { openLateFlightsEndpoint, type ServedEndpoint } from './served-endpoint.fixture.ts';

const place = createPlace();
const { certificate, key } = makeSelfSignedCertificate('localhost');
const certificateFile = join(place.dataDir, 'cert.pem');
const keyFile = join(place.dataDir, 'key.pem');
let installation: Installation;
let client: EsteiraClient;
let served: ServedEndpoint;
let row: readonly (number | null)[];

before(async () => {
  mkdirSync(place.dataDir);
  writeFileSync(certificateFile, certificate);
  writeFileSync(keyFile, key, { mode: 0o600 });
  installation = await place.start({
    flags: ['--host', '0.0.0.0', '--tls-cert', certificateFile, '--tls-key', keyFile],
  });
  setDefaultCACertificates([...getCACertificates('default'), certificate]);
  client = createClient({ url: installation.url, token: ownerToken });
});

after(() => place.remove());

test('on every address a server names itself so that its certificate fits', async () => {
  assert.match(installation.url, /^https:\/\/localhost:\d+$/);
  assert.equal((await client.governance.me()).name, 'owner');
  await assert.rejects(fetch(installation.url.replace('https:', 'http:')));
});

test('a person signs in by a link, and the cookie crosses no connection without TLS', async () => {
  const { id } = await client.governance.me();
  const { path } = await client.governance.createSignInLink({ body: { userId: id } });
  const secret = path.slice(path.lastIndexOf('/') + 1);
  const answer = await fetch(`${installation.url}/api/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: installation.url },
    body: JSON.stringify({ secret }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const [cookie = ''] = answer.headers.getSetCookie();
  assert.match(cookie, /; Secure/);
  assert.match(cookie, /; HttpOnly/);
  const [pair = ''] = cookie.split(';');
  const me = await fetch(`${installation.url}/api/v1/me`, { headers: { cookie: pair } });
  assert.equal(me.status, 200);
});

test('the command line asks a server whose certificate Node was told to trust, and no other', async () => {
  const esteira = resolve(import.meta.dirname, '../../../node_modules/.bin/esteira');
  const whoami = async (environment: Readonly<Record<string, string>>) => {
    const child = spawn(esteira, ['whoami', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        ESTEIRA_URL: installation.url,
        ESTEIRA_TOKEN: ownerToken,
        ...environment,
      },
    });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => said.push(String(part)));
    const [code] = (await once(child, 'close')) as [number];
    return { code, said: said.join('') };
  };
  const trusting = await whoami({ NODE_EXTRA_CA_CERTS: certificateFile });
  assert.equal(trusting.code, 0, trusting.said);
  assert.match(trusting.said, /"owner"/);
  const careful = await whoami({});
  assert.notEqual(careful.code, 0);
  assert.match(careful.said, /certificate is not trusted/);
  assert.match(careful.said, /NODE_EXTRA_CA_CERTS/);
});

test('a model is trained and served, and answers by REST over TLS alone', async () => {
  await openProject(client);
  await land(client, 'flights', 'flights.csv', toCsv(inventFlights({ days: 14, perDay: 120, seed: 1 })));
  await defineFeatures(client);
  const run = await runEnded(client, await startRun(client));
  assert.equal(run.status, 'succeeded', JSON.stringify(run.graph.map((step) => [step.name, step.error])));
  const { id } = stepOf(run, 'register').outputs.version as { id: string };
  const { id: evaluation } = stepOf(run, 'evaluate').outputs.evaluation as { id: string };
  const { examples } = await client.evaluation.evaluation({ params: { id: evaluation } });
  row = examples.rows[0] ?? [];
  served = await openLateFlightsEndpoint(client, id);
  assert.equal(served.url, `https://localhost:${installation.servingPort}`);
  const answer = await served.infer(examples.features, row);
  assert.equal(answer.status, 200, answer.text);
  await assert.rejects(fetch(`http://localhost:${installation.servingPort}/health`));
});

test('and by gRPC over TLS alone', async () => {
  const { served: shown } = await client.serving.endpoint({ params: { name: served.name } });
  assert.equal(shown?.grpcAddress, `localhost:${installation.servingGrpcPort}`);
  const inputs = served.features.map((name, column) => ({
    name,
    datatype: 'FP64',
    shape: ['1'],
    contents: { fp64_contents: [row[column] ?? Number.NaN] },
  }));
  const question = { model_name: served.name, inputs };
  const trusting = createInferenceClient(shown.grpcAddress, certificate);
  const answer = await trusting.call<{ model_version: string }>('ModelInfer', question, served.key);
  assert.equal(answer.model_version, '1');
  trusting.close();
  const plain = createInferenceClient(shown.grpcAddress);
  await assert.rejects(plain.call('ModelInfer', question, served.key));
  plain.close();
});

test('what was asked by either way is in the log, and the server ends in order', async () => {
  const params = { name: served.name };
  await served.until(async () => {
    const { served: asked, logged } = await client.serving.reconciliation({ params });
    return asked === logged && logged >= 2;
  });
  assert.equal(await installation.end('SIGTERM'), 0);
  assert.equal(installation.errors(), '');
});
