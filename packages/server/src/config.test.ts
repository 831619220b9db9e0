import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { configSchema } from '@esteira/contracts';
import { environmentName, loadConfig } from './config.ts';
import { EsteiraError } from './kernel/errors.ts';

let directory: string;

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'esteira-config-'));
});

after(() => rmSync(directory, { recursive: true }));

function file(content: string, name = 'esteira.yaml'): { ESTEIRA_CONFIG: string } {
  const path = join(directory, name);
  writeFileSync(path, content);
  return { ESTEIRA_CONFIG: path };
}

function load(sources: { flags?: Record<string, unknown>; environment?: Record<string, string> } = {}) {
  return loadConfig({ flags: sources.flags ?? {}, environment: sources.environment ?? {} });
}

/** What is said about a configuration that is not taken. */
function refusal(sources: Parameters<typeof load>[0]): string {
  try {
    load(sources);
  } catch (error) {
    assert.ok(error instanceof EsteiraError, String(error));
    assert.equal(error.code, 'BAD_CONFIG');
    return JSON.stringify([error.what, error.why, error.todo, error.details]);
  }
  return assert.fail('it was taken');
}

test('without a word it listens on loopback and keeps its data beside', () => {
  const config = load();
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 7700);
  assert.equal(config.dataDir, '.esteira');
  assert.equal(config.trustedProxy, false);
  assert.ok(Object.isFrozen(config));
});

test('a flag beats the environment, which beats the file', () => {
  const environment = { ...file('port: 1001\nlogLevel: warn\ncurrency: EUR\n'), ESTEIRA_PORT: '1002' };
  const config = load({
    flags: { port: '1003' },
    environment: { ...environment, ESTEIRA_LOG_LEVEL: 'error' },
  });
  assert.equal(config.port, 1003);
  assert.equal(config.logLevel, 'error');
  assert.equal(config.currency, 'EUR');
});

test('every key can be said in each place under its name', () => {
  assert.equal(environmentName('dataDir'), 'ESTEIRA_DATA_DIR');
  assert.equal(environmentName('servingGrpcPort'), 'ESTEIRA_SERVING_GRPC_PORT');
  const values: Record<string, string> = {
    publicUrl: 'https://esteira.example.com',
    allowedHosts: 'a.example.com, b.example.com',
    trustedProxy: 'true',
    allowUnsandboxedPython: 'true',
    servingProcesses: '2',
    clientCa: 'ca',
    allowPrivateRemoteModels: 'true',
    modelMemoryMb: '512',
    modelIdleSeconds: '600',
    allowPrivateWebhooks: 'true',
    backupS3Endpoint: 'https://archives.example.com',
    logLevel: 'debug',
    tlsCert: 'c',
    tlsKey: 'k',
    bootstrapToken: 'b'.repeat(40),
    currency: 'BRL',
    dataDir: '/data',
    host: '::1',
    codeCommit: 'abc',
    databaseUrl: 'postgres://user@db.example.com/esteira',
    databasePoolSize: '20',
    blobsUrl: 's3://bucket/prefix',
    s3Endpoint: 'https://s3.example.com',
    redisUrl: 'redis://cache.example.com:6379/0',
    metricsToken: 'a-token-of-prometheus',
    drainSeconds: '30',
  };
  const all = Object.fromEntries(Object.keys(configSchema.shape).map((key) => [key, values[key] ?? '2048']));
  const named = Object.fromEntries(Object.entries(all).map(([key, value]) => [environmentName(key), value]));
  const fromFlags = load({ flags: all });
  assert.deepEqual(load({ environment: named }), fromFlags);
  assert.deepEqual(load({ environment: file(JSON.stringify(all), 'esteira.json') }), fromFlags);
  assert.equal(fromFlags.trustedProxy, true);
  assert.deepEqual(fromFlags.allowedHosts, ['a.example.com', 'b.example.com']);
});

test('an empty variable is no value', () => {
  assert.equal(load({ environment: { ESTEIRA_PORT: '', ESTEIRA_CONFIG: '' } }).port, 7700);
});

test('a mistake names its key, as flag owners and as the environment call it, never its value', () => {
  const marker = 'hunter2secret';
  for (const key of Object.keys(configSchema.shape)) {
    if (configSchema.shape[key as keyof typeof configSchema.shape].safeParse(marker).success) continue;
    const text = refusal({ flags: { [key]: marker } });
    assert.ok(text.includes(`${key} (${environmentName(key)})`), text);
    assert.ok(!text.includes(marker), text);
  }
  assert.ok(!refusal({ environment: { ESTEIRA_BOOTSTRAP_TOKEN: marker } }).includes(marker));
});

test('a secret may stand in a file of its own, and is what the file holds by now', () => {
  const path = join(directory, 'secret-key');
  writeFileSync(path, 'first\n');
  const told: string[] = [];
  const config = loadConfig({
    flags: {},
    environment: { ESTEIRA_S3_SECRET_KEY_FILE: path },
    onReplaced: (key, verdict) => told.push(`${key} ${verdict}`),
  });
  assert.equal(config.s3SecretKey, 'first');
  writeFileSync(path, 'second, and longer');
  assert.equal(config.s3SecretKey, 'second, and longer');
  assert.deepEqual(told, ['s3SecretKey taken']);
});

test('a secret is given once, and its file can be read and holds what it must', () => {
  const path = join(directory, 'token');
  writeFileSync(path, 'hunter2');
  const named = { ESTEIRA_METRICS_TOKEN_FILE: path };
  assert.match(refusal({ environment: named }), /metricsToken \(ESTEIRA_METRICS_TOKEN\)/);
  assert.ok(!refusal({ environment: named }).includes('hunter2'));
  const twice = { flags: { metricsToken: 't'.repeat(16) }, environment: named };
  assert.match(refusal(twice), /ESTEIRA_METRICS_TOKEN_FILE names a file with it/);
  const missing = { ESTEIRA_METRICS_TOKEN_FILE: join(directory, 'nowhere') };
  assert.match(refusal({ environment: missing }), /ESTEIRA_METRICS_TOKEN_FILE.*cannot be read/);
});

test('all mistakes are told at once', () => {
  const text = refusal({ flags: { port: 'x', logLevel: 'loud' } });
  assert.match(text, /port \(ESTEIRA_PORT\).*logLevel \(ESTEIRA_LOG_LEVEL\)/);
});

test('an unknown key in the file is a mistake, not a wish', () => {
  const text = refusal({ environment: file('dataDirectory: /data\nport: 7700\n') });
  assert.match(text, /dataDirectory/);
  assert.ok(!text.includes('/data"'));
});

test('a file that is missing, broken or no map of keys is told by its path, without its content', () => {
  const secret = 'hunter2secret';
  const wrong = [
    { ESTEIRA_CONFIG: join(directory, 'nowhere.yaml') },
    { ESTEIRA_CONFIG: directory },
    file(`bootstrapToken: "${secret}\nport: [`),
    file(`bootstrapToken: ${secret}\n  port: 1\n - x`),
    file(`a: ${secret}\na: ${secret}\n`),
    file(`- ${secret}\n`),
    file(secret),
    file(''),
  ];
  for (const environment of wrong) {
    const text = refusal({ environment });
    assert.ok(text.includes(environment.ESTEIRA_CONFIG), text);
    assert.ok(!text.includes(secret), text);
  }
});

test('a certificate and its key are given together', () => {
  assert.match(refusal({ flags: { tlsCert: 'cert.pem' } }), /belong together/);
  assert.match(refusal({ flags: { tlsKey: 'key.pem' } }), /belong together/);
});
