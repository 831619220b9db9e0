import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type Answer,
  esteira,
  type Installation,
  runCommand,
  runHere,
  startInstallation,
} from './esteira-command.fixture.ts';

let installation: Installation;
before(async () => {
  installation = await startInstallation();
});
after(() => installation.close());

async function run(...words: string[]): Promise<Answer> {
  return await runHere(words, { environment: installation.environment });
}

async function runJson<T>(...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await run(...words, '--json');
  assert.equal(stderr, '', words.join(' '));
  assert.equal(code, 0, words.join(' '));
  assert.equal(stdout.trimEnd().split('\n').length, 1, 'one value on one line');
  return JSON.parse(stdout) as T;
}

function file(name: string, text: string): string {
  const path = join(installation.folder, name);
  writeFileSync(path, text);
  return path;
}

const contract = `
apiVersion: v3.1.0
kind: DataContract
id: flights
version: 1.0.0
status: active
schema:
  - name: flights
    logicalType: object
    properties:
      - { name: delay, logicalType: integer, required: true }
`;

test('the identity of the token is known', async () => {
  const me = await runJson<{ name: string; roles: string[] }>('whoami');
  assert.equal(me.name, 'owner');
  assert.deepEqual(me.roles, ['owner']);
  const { stdout } = await run('whoami');
  assert.match(stdout, /^name\s+owner \(user\)$/m);
});

test('data goes from a file to a validated version, and a contract refuses what breaks it', async () => {
  await runJson('datasets', 'create', 'flights', '--description', 'arrivals');
  const landed = await runJson<{ id: string; rows: number }>(
    'datasets',
    'land',
    'flights',
    file('good.csv', 'origin,delay\nORD,5\nLAX,-3\n'),
  );
  assert.equal(landed.rows, 2);
  const path = file('contract.yaml', contract);
  assert.equal((await runJson<{ valid: boolean }>('contracts', 'lint', path)).valid, true);
  await runJson('contracts', 'put', 'flights', path);
  const good = await runJson<{ outcome: string; versionId: string }>(
    'datasets',
    'ingest',
    'flights',
    '--file',
    landed.id,
  );
  assert.equal(good.outcome, 'created');
  const out = join(installation.folder, 'version.parquet');
  await runJson('datasets', 'download', good.versionId, '--out', out);
  assert.equal(readFileSync(out).subarray(0, 4).toString(), 'PAR1');

  const broken = await runJson<{ id: string }>(
    'datasets',
    'land',
    'flights',
    file('bad.csv', 'origin,delay\nORD,\n'),
  );
  const refused = await run('datasets', 'ingest', 'flights', '--file', broken.id);
  assert.equal(refused.code, 3);
  assert.match(refused.stdout, /REFUSED: 1 checks failed/);
  const { items } = JSON.parse((await run('datasets', 'versions', 'flights', '--json')).stdout) as {
    items: unknown[];
  };
  assert.equal(items.length, 1);
});

test('standard input can be landed', async () => {
  await runJson('datasets', 'create', 'piped');
  const answer = await runCommand(
    esteira,
    ['datasets', 'land', 'piped', '-', '--name', 'piped.csv', '--json'],
    {
      environment: installation.environment,
      input: 'a,b\n1,2\n',
    },
  );
  assert.equal(answer.stderr, '');
  assert.equal((JSON.parse(answer.stdout) as { fileName: string }).fileName, 'piped.csv');
});

test('a contract that is not valid has its own exit code and names what is wrong', async () => {
  const { code, stdout } = await run('contracts', 'lint', file('empty.yaml', 'apiVersion: v3.1.0\n'));
  assert.equal(code, 3);
  assert.match(stdout, /error schema/);
});

test('a pipeline is put, run and followed; run again it comes from the cache; a failed step ends with 1', async () => {
  await runJson('datasets', 'create', 'numbers');
  await runJson('datasets', 'land', 'numbers', file('numbers.csv', 'delay\n1\n2\n'));
  const spec = file(
    'pipeline.yaml',
    `name: numbers
project: tests
parameters: { contract: none }
steps:
  - name: ingest
    uses: datasets.ingest
    with: { dataset: numbers, contract: '\${{ parameters.contract }}' }
`,
  );
  const first = await run('run', spec);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /^ingest: succeeded/m);
  assert.match(first.stdout, /^status\s+succeeded$/m);
  const second = await runJson<{ graph: { status: string }[] }>('run', spec);
  assert.deepEqual(
    second.graph.map(({ status }) => status),
    ['cached'],
  );
  const plan = await runJson<{ steps: { verdict: string }[] }>('run', spec, '--plan', '--refresh');
  assert.deepEqual(
    plan.steps.map(({ verdict }) => verdict),
    ['miss'],
  );
  const failed = await run('run', spec, '-p', 'contract=latest');
  assert.equal(failed.code, 1);
  assert.match(failed.stdout, /The step ingest failed: .*no contract/);
  assert.match(failed.stdout, /do: {2}/);
});

test('people and service accounts get in and out', async () => {
  await runJson('users', 'add', 'ana', '--role', 'viewer');
  const { url } = await runJson<{ url: string }>('users', 'link', 'ana');
  assert.ok(url.startsWith(`${installation.server.url}/`));
  await runJson('users', 'add', 'robot', '--role', 'data-scientist', '--service');
  const { secret } = await runJson<{ secret: string }>(
    'tokens',
    'create',
    'ci',
    '--for',
    'robot',
    '--expires',
    '7d',
  );
  const environment = { ...installation.environment, ESTEIRA_TOKEN: secret };
  const allowed = await runCommand(esteira, ['datasets', 'list', '--json'], { environment });
  assert.equal(allowed.code, 0);
  const forbidden = await runCommand(esteira, ['users', 'list', '--json'], { environment });
  assert.equal(forbidden.code, 1);
  assert.equal((JSON.parse(forbidden.stderr) as { error: { code: string } }).error.code, 'FORBIDDEN');
  assert.equal(forbidden.stdout, '');
});

test('the audit log is verified against a checkpoint kept elsewhere', async () => {
  const kept = join(installation.folder, 'checkpoint');
  await runJson('audit', 'checkpoint', '--out', kept);
  const verification = await runJson<{ ok: boolean }>('audit', 'verify', '--checkpoint', kept);
  assert.equal(verification.ok, true);
  writeFileSync(kept, readFileSync(kept, 'utf8').replace(/\n(\d+)\n/, '\n999999\n'));
  const cut = await run('audit', 'verify', '--checkpoint', kept);
  assert.equal(cut.code, 1);
});

test('features are declared from one file, and declaring them again makes no version', async () => {
  const features = file(
    'features.yaml',
    `entities: [{ name: airport, joinKeys: [airport] }]
featureViews:
  - name: arrivals
    entity: airport
    source: flights
    keys: { airport: origin }
    knownAt: departed
    features: [{ name: flights_1d, aggregate: count, window: P1D }]
`,
  );
  await runJson('features', 'put', features);
  const again = await runJson<{ items: { version: number }[] }>('features', 'put', features);
  assert.deepEqual(
    again.items.map(({ version }) => version),
    [1, 1],
  );
});

test('an error says what, why and what to do, and ends with 1', async () => {
  const { code, stdout, stderr } = await run('datasets', 'show', 'nothing');
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^There is no dataset nothing\.\n {2}why: .+\n {2}do: {2}.+\n {2}id: {2}err_/);
});

test('wrong usage ends with 2, also with --json and when nobody can be asked', async () => {
  assert.equal((await run('datasets', 'show')).code, 2);
  assert.equal((await run('datasets')).code, 2);
  assert.equal((await run('audit', 'list', '--from', 'yesterday')).code, 2);
  const json = await run('users', 'add', 'eve', '--role', 'king', '--json');
  assert.equal(json.code, 2);
  assert.equal((JSON.parse(json.stderr) as { error: { code: string } }).error.code, 'USAGE');
});

test('login saves credentials that only their owner can read, and sends the token nowhere else', async () => {
  const { ESTEIRA_TOKEN = '', ESTEIRA_URL = '' } = installation.environment;
  const home = join(installation.folder, 'home');
  mkdirSync(home);
  const environment = { HOME: home };
  const login = await runCommand(esteira, ['login', '--url', ESTEIRA_URL, '--token', ESTEIRA_TOKEN], {
    environment,
  });
  assert.equal(login.code, 0, login.stderr);
  assert.equal((await runCommand(esteira, ['whoami'], { environment })).code, 0);
  const elsewhere = ESTEIRA_URL.replace('127.0.0.1', 'localhost');
  const other = await runCommand(esteira, ['whoami', '--json'], {
    environment: { ...environment, ESTEIRA_URL: elsewhere },
  });
  assert.equal((JSON.parse(other.stderr) as { error: { code: string } }).error.code, 'UNAUTHENTICATED');
});

test('errors are explained without a server', async () => {
  const { code, stdout } = await runCommand(esteira, ['errors', 'dataset_refused', '--json']);
  assert.equal(code, 0);
  assert.equal((JSON.parse(stdout) as { status: number }).status, 422);
  assert.equal((await runCommand(esteira, ['errors', 'NO_SUCH_CODE'])).code, 2);
});

test('a server that is not there is named', async () => {
  const answer = await runCommand(esteira, ['whoami'], {
    environment: { ESTEIRA_URL: 'http://127.0.0.1:9' },
  });
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /does not answer/);
});

test('the launcher needs no node on the PATH and works through any chain of links', async () => {
  const bin = join(installation.folder, 'bin');
  mkdirSync(bin);
  for (const tool of ['sh', 'uname', 'readlink', 'dirname']) symlinkSync(`/bin/${tool}`, join(bin, tool));
  symlinkSync(esteira, join(bin, 'esteira'));
  symlinkSync('esteira', join(bin, 'est'));
  const { code, stdout, stderr } = await runCommand(join(bin, 'est'), ['--version'], {
    environment: { PATH: bin },
  });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+$/m);
});
