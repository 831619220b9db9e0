import { join, resolve } from 'node:path';
import { runPython } from './python-client.ts';
import { startProcess } from './start-process.ts';

const root = resolve(import.meta.dirname, '../..');

/** A server on free ports, for MLflow's client. */
export interface MlflowServer {
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** Starts a server in a folder; `environment` names its engines. */
export async function startMlflowServer(
  dataDir: string,
  token: string,
  environment: Readonly<Record<string, string>>,
): Promise<MlflowServer> {
  const ports = ['--port', '0', '--serving-port', '0', '--serving-grpc-port', '0'];
  const words = ['serve', '--json', '--log-level', 'error', '--data-dir', dataDir, ...ports];
  const { announced, stop } = await startProcess(join(root, 'node_modules/.bin/esteira'), words, {
    ESTEIRA_BOOTSTRAP_TOKEN: token,
    ESTEIRA_ALLOW_PRIVATE_WEBHOOKS: 'true',
    ...environment,
  });
  return { url: String(announced.url), token, stop };
}

/** What MLflow's client is told by. */
export function clientEnvironment({ url, token }: MlflowServer): Readonly<Record<string, string>> {
  return {
    MLFLOW_TRACKING_URI: url,
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: 'true',
    GIT_PYTHON_REFRESH: 'quiet',
  };
}

/** A run as the native API shows it, as far as examples are looked at. */
interface LoggedRun {
  readonly status: string;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, { readonly value: number }>>;
}

/**
 * Runs an example that prints which run it logged, `{"run": …}`, and finds the run by the native API. Undefined when the
 * example failed.
 */
export async function runExample(
  server: MlflowServer,
  {
    python,
    example,
    scratch,
    environment = {},
  }: {
    readonly python: string;
    readonly example: string;
    readonly scratch: string;
    /** What its client is told besides. */
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<LoggedRun | undefined> {
  const { passed, output } = await runPython(python, [join(root, 'examples', example, 'train.py')], {
    scratch,
    environment: { ...clientEnvironment(server), ...environment },
  });
  console.log(output);
  if (!passed) return undefined;
  const { run: id } = JSON.parse(/^\{"run".*\}$/m.exec(output)?.[0] ?? '{}') as { run: string };
  const headers = { authorization: `Bearer ${server.token}` };
  const reply = await fetch(`${server.url}/api/v1/runs/${id}`, { headers });
  const run = (await reply.json()) as LoggedRun;
  const [params, metrics] = [Object.keys(run.params).length, Object.keys(run.metrics).length];
  console.log(`the run has ${params} parameters and ${metrics} metrics, and is ${run.status}`);
  return run;
}
