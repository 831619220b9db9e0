import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import {
  type Answer,
  esteira,
  runCommand,
  startInstallation,
} from '../../packages/cli/src/esteira-command.fixture.ts';
import {
  infer,
  makeEndpoint,
  makeServerDirectory,
  matrix,
  spawnServer,
} from '../../packages/model-server/src/model-server.fixture.ts';
import { bundleProgram } from './bundle-program.ts';

let place: string;

before(async () => {
  place = mkdtempSync(join(tmpdir(), 'esteira-bundle-'));
  await bundleProgram(place);
});

after(() => rmSync(place, { recursive: true, force: true }));

test('the command says the same from its bundle as from its sources', async () => {
  const installation = await startInstallation();
  try {
    for (const words of [
      ['--version'],
      ['--help'],
      ['runs', '--help'],
      ['whoami', '--json'],
      ['runs', 'list', '--json'],
      ['runs', 'show', 'no-such-run', '--json'],
      ['no-such-command'],
    ]) {
      const [fromBundle, fromSources] = await Promise.all([runFrom(place), runFrom('')]);
      assert.deepEqual(fromBundle, fromSources, words.join(' '));

      async function runFrom(made: string): Promise<Answer> {
        const environment = { ...installation.environment, NODE_COMPILE_CACHE: made };
        const answer = await runCommand(esteira, words, { environment });
        return { ...answer, stderr: withoutOccasion(answer.stderr) };
      }
    }
  } finally {
    await installation.close();
  }
});

test('a server that runs from its bundle answers and refuses as one that runs from its sources', async () => {
  const fromBundle = await askServer(place);
  assert.match(fromBundle.said, /runs from its bundle/);
  const fromSources = await askServer('');
  assert.doesNotMatch(fromSources.said, /runs from its bundle/);
  assert.deepEqual(fromBundle.answers, fromSources.answers);
});

test('a model server, and each of its processes, runs from a bundle of its own', async () => {
  const files = makeServerDirectory();
  files.write([makeEndpoint(files.addVersion(1, 5))]);
  const said = join(files.directory, 'said');
  const server = await spawnServer(
    files.directory,
    `export NODE_COMPILE_CACHE='${place}' NODE_DEBUG=esteira ESTEIRA_SERVING_PROCESSES=2; exec 2> '${said}'`,
  );
  try {
    assert.equal((await infer(server.url, matrix([[1, 2, 3]]))).status, 200);
  } finally {
    server.process.kill('SIGTERM');
    await server.ended;
  }
  const processes = process.platform === 'linux' ? 3 : 1;
  assert.equal(readFileSync(said, 'utf8').match(/runs from its bundle: .*model-server/g)?.length, processes);
  files.remove();
});

const token = 'a-token-of-more-than-32-characters-for-tests';
const freePorts = ['--port', '0', '--serving-port', '0', '--serving-grpc-port', '0'];

/** What a new server answers, and what its process said. */
async function askServer(made: string): Promise<{ answers: readonly unknown[]; said: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'esteira-bundle-'));
  const child = spawn(
    esteira,
    ['serve', '--json', '--log-level', 'silent', '--data-dir', dataDir, ...freePorts],
    {
      env: {
        PATH: '/usr/bin:/bin',
        ESTEIRA_BOOTSTRAP_TOKEN: token,
        NODE_COMPILE_CACHE: made,
        NODE_DEBUG: 'esteira',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    said += part;
  });
  try {
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', () => reject(new Error(said)));
    });
    const { url } = JSON.parse(line) as { url: string };
    const answers = [];
    for (const path of asked) {
      const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      answers.push([path, answer.status, withoutOccasion(await answer.text())]);
    }
    return { answers, said };
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const asked = [
  '/ready',
  '/api/v1/runs/no-such-run',
  '/api/v1/models?limit=nothing',
  '/api/v1/models',
  '/api/2.0/mlflow/experiments/get?experiment_id=0',
  '/no/such/page',
];

/** Every refusal has an id of its own, and every row its time. */
function withoutOccasion(text: string): string {
  return text.replace(/err_\w+|\b\d{13}\b/g, '…');
}
