import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createTestDatabase } from '../../packages/server/src/storage/sql/postgres/test-postgres.fixture.ts';
import { installPythonClient, runPytest, runPython } from './python-client.ts';
import { startProcess } from './start-process.ts';

/**
 * The real MLflow client against this server: `npm run interop:mlflow -- SUITE [PYTEST ARGUMENTS]` runs the tests of a folder
 * on SQLite and files, and once more on PostgreSQL and S3 where ESTEIRA_TEST_POSTGRES_URL and ESTEIRA_TEST_S3_* name them
 * (`--engine sqlite|postgres` for one alone). The folder's requirements.txt is installed into an environment of its own;
 * `--python` names one that has it. Then the example of examples/mlflow-sklearn is run, and what it logged is looked for
 * through the native API. Exit code 0 when all held, 1 when something did not, 2 when it could not be tried.
 */
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  strict: true,
  options: { engine: { type: 'string' }, python: { type: 'string' } },
});
const [suite, ...pytestWords] = positionals;
if (suite === undefined || !existsSync(join(suite, 'requirements.txt'))) {
  console.error('NOT RUN: name the folder of the suite, with its requirements.txt');
  process.exit(2);
}

const suiteFolder = resolve(suite);
const root = resolve(import.meta.dirname, '../..');
const python = flags.python ?? installPythonClient('mlflow', suiteFolder);
const token = randomBytes(24).toString('hex');
const engines = flags.engine === undefined ? ['sqlite', 'postgres'] : [flags.engine];
const outcomes: string[] = [];

await Promise.all(engines.map(tryEngine));
console.log(outcomes.join('\n'));

/** Engines are tried side by side: most of the time it is the client that is awaited. */
async function tryEngine(engine: string): Promise<void> {
  const name = engine === 'postgres' ? 'PostgreSQL and S3' : 'SQLite and files';
  const folder = mkdtempSync(join(tmpdir(), 'esteira-mlflow-'));
  const stores = engine === 'postgres' ? await openStores() : undefined;
  let server: Awaited<ReturnType<typeof start>> | undefined;
  try {
    server = await start(join(folder, 'data'), stores?.environment ?? {});
    const { passed, output } = await runPytest(python, {
      suite: suiteFolder,
      scratch: folder,
      words: pytestWords,
      environment: clientEnvironment(server.url),
    });
    console.log(`── ${name}\n${output}`);
    note(passed, `the suite on ${name}`);
    note(await runExample(server.url, folder), `the scikit-learn example on ${name}`);
  } finally {
    await server?.stop();
    await stores?.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function note(held: boolean, what: string): void {
  outcomes.push(`${held ? 'ok  ' : 'FAIL'}  ${what}`);
  if (!held) process.exitCode = 1;
}

/** A database of its own, and a place of its own in the bucket. */
async function openStores(): Promise<{
  environment: Readonly<Record<string, string>>;
  drop(): Promise<void>;
}> {
  const s3 = (name: string): string => {
    const value = process.env[`ESTEIRA_TEST_S3_${name}`];
    if (value !== undefined && process.env.ESTEIRA_TEST_POSTGRES_URL !== undefined) return value;
    console.error(
      'NOT RUN: set ESTEIRA_TEST_POSTGRES_URL and ESTEIRA_TEST_S3_ENDPOINT, _REGION, _ACCESS_KEY, _SECRET_KEY, _BUCKET',
    );
    process.exit(2);
  };
  const blobs = {
    ESTEIRA_BLOBS_URL: `s3://${s3('BUCKET')}/mlflow-${randomBytes(6).toString('hex')}`,
    ESTEIRA_S3_ENDPOINT: s3('ENDPOINT'),
    ESTEIRA_S3_REGION: s3('REGION'),
    ESTEIRA_S3_ACCESS_KEY: s3('ACCESS_KEY'),
    ESTEIRA_S3_SECRET_KEY: s3('SECRET_KEY'),
  };
  const database = await createTestDatabase();
  const secrets = { ESTEIRA_SECRET_KEY: randomBytes(32).toString('base64') };
  return {
    environment: { ...blobs, ...secrets, ESTEIRA_DATABASE_URL: database.url },
    drop: () => database.drop(),
  };
}

async function start(dataDir: string, environment: Readonly<Record<string, string>>) {
  const ports = ['--port', '0', '--serving-port', '0', '--serving-grpc-port', '0'];
  const words = ['serve', '--json', '--log-level', 'error', '--data-dir', dataDir, ...ports];
  const { announced, stop } = await startProcess(join(root, 'node_modules/.bin/esteira'), words, {
    ESTEIRA_BOOTSTRAP_TOKEN: token,
    ESTEIRA_ALLOW_PRIVATE_WEBHOOKS: 'true',
    ...environment,
  });
  return { url: String(announced.url), stop };
}

function clientEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    MLFLOW_TRACKING_URI: url,
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: 'true',
    GIT_PYTHON_REFRESH: 'quiet',
  };
}

/** What autologging logs has to be all there: parameters, metrics, the model with its files. */
async function runExample(url: string, scratch: string): Promise<boolean> {
  const { passed, output } = await runPython(python, [join(root, 'examples/mlflow-sklearn/train.py')], {
    scratch,
    environment: clientEnvironment(url),
  });
  console.log(output);
  if (!passed) return false;
  const { run: id } = JSON.parse(/^\{"run".*\}$/m.exec(output)?.[0] ?? '{}') as { run: string };
  const reply = await fetch(`${url}/api/v1/runs/${id}`, { headers: { authorization: `Bearer ${token}` } });
  const run = (await reply.json()) as {
    status: string;
    params: Readonly<Record<string, string>>;
    metrics: Readonly<Record<string, { value: number }>>;
  };
  console.log(
    `the run has ${Object.keys(run.params).length} parameters and ${Object.keys(run.metrics).length} metrics, and is ${run.status}`,
  );
  return (
    run.status === 'succeeded' &&
    run.params.n_estimators === '50' &&
    typeof run.metrics.training_accuracy_score?.value === 'number' &&
    typeof run.metrics.test_accuracy?.value === 'number'
  );
}
