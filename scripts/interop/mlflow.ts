import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createTestDatabase } from '../../packages/server/src/storage/sql/postgres/test-postgres.fixture.ts';
import { clientEnvironment, type MlflowServer, runExample, startMlflowServer } from './mlflow-server.ts';
import { installPythonClient, runPytest } from './python-client.ts';

/**
 * The real MLflow client against this server: `npm run interop:mlflow -- SUITE [PYTEST ARGUMENTS]` runs the tests of a folder
 * on SQLite and files, and once more on PostgreSQL and S3 where ESTEIRA_TEST_POSTGRES_URL and ESTEIRA_TEST_S3_* name them
 * (`--engine sqlite|postgres` for one alone). The requirements.txt of the folder and of examples/mlflow-sklearn are installed
 * into the environment of the suites; `--python` names one that has both. Then that example is run, and what it logged, figures
 * of the machine among it, is looked for through the native API. Exit code 0 when all held, 1 when something did not, 2 when it could not be tried.
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
const example = 'mlflow-sklearn';
// Samples are taken often enough that the shortest training has some.
const systemMetrics = {
  MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING: 'true',
  MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL: '0.1',
};
const folders = [suiteFolder, resolve(import.meta.dirname, '../../examples', example)];
const python = flags.python ?? installPythonClient(folders.map((folder) => join(folder, 'requirements.txt')));
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
  let server: MlflowServer | undefined;
  try {
    server = await startMlflowServer(join(folder, 'data'), token, stores?.environment ?? {});
    const { passed, output } = await runPytest(python, {
      suite: suiteFolder,
      scratch: folder,
      words: pytestWords,
      environment: clientEnvironment(server),
    });
    console.log(`── ${name}\n${output}`);
    note(passed, `the suite on ${name}`);
    note(await tryExample(server, folder), `the scikit-learn example on ${name}`);
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

/** What autologging logs has to be all there: parameters, metrics, the model with its files, and what the machine was doing. */
async function tryExample(server: MlflowServer, scratch: string): Promise<boolean> {
  const run = await runExample(server, { python, example, scratch, environment: systemMetrics });
  return (
    run?.status === 'succeeded' &&
    run.params.n_estimators === '50' &&
    typeof run.metrics.training_accuracy_score?.value === 'number' &&
    typeof run.metrics.test_accuracy?.value === 'number' &&
    typeof run.metrics['system/cpu_utilization_percentage']?.value === 'number' &&
    typeof run.metrics['system/system_memory_usage_megabytes']?.value === 'number'
  );
}
