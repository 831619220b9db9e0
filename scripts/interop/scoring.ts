import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createPlace, type Installation } from '../../packages/cli/test/installation.fixture.ts';
import {
  type ModelSignature,
  placeMlflowSignature,
  type TensorSignature,
} from '../../packages/contracts/src/index.ts';
import {
  makeEndpoint,
  makeKey,
  makeServerDirectory,
} from '../../packages/model-server/src/model-server.fixture.ts';
import { deployModel, whereFromPackagesCome } from './deploy-model.ts';
import { installPythonClient, runPytest, runPython } from './python-client.ts';
import { startProcess } from './start-process.ts';

/**
 * MLflow's scoring protocol: `npm run interop:scoring -- SUITE` makes the suite's model and runs its tests against it three
 * times, each under a signature of named columns and under one of a tensor: a bare graph in a model server; the scikit-learn
 * model as MLflow keeps it, in a Python process; and the same model converted to a graph. The last two are deployed by one
 * command each. Exit code 0 when all held, 1 when something did not, 2 when it could not be tried.
 */
const [suite] = process.argv.slice(2);
if (suite === undefined || !existsSync(join(suite, 'requirements.txt'))) {
  console.error('NOT RUN: name the folder of the suite, with its requirements.txt');
  process.exit(2);
}
const python = installPythonClient(
  ['requirements.txt', 'requirements-model.txt'].map((list) => join(suite, list)),
);
const features = Array.from({ length: 20 }, (_, index) => `x${index}`);
const models = makeServerDirectory(features);
const model = join(models.directory, 'suite-model');
const made = await runPython(python, [join(resolve(suite), 'make_model.py'), model], {
  scratch: models.directory,
  environment: {},
});
if (!made.passed) {
  console.error(`NOT RUN: the model of the suite could not be made: ${made.output}`);
  models.remove();
  process.exit(2);
}

interface Served {
  readonly url: string;
  readonly token: string;
}

const place = createPlace(models.directory);
try {
  await tryGraph();
  const installation = await place.start({ environment: whereFromPackagesCome() });
  await tryDeployed(installation, 'python', []);
  await tryDeployed(installation, 'converted', ['--convert', 'onnx']);
} finally {
  await place.remove();
  models.remove();
}

async function trySuite(what: string, columns: Served, tensor: Served): Promise<void> {
  const { passed, output } = await runPytest(python, {
    suite: resolve(suite ?? ''),
    scratch: models.directory,
    environment: {
      SCORING_URL: columns.url,
      SCORING_TENSOR_URL: tensor.url,
      SCORING_EXPECTED: join(model, 'expected.json'),
      SCORING_TOKEN: columns.token,
      SCORING_TENSOR_TOKEN: tensor.token,
    },
  });
  console.log(`${what}: ${output}`);
  if (!passed) process.exitCode = 1;
}

async function tryGraph(): Promise<void> {
  models.write([serve('score', 1, 'signature.json'), serve('score-tensor', 2, 'signature_tensor.json')]);
  const main = resolve(import.meta.dirname, '../../packages/model-server/src/main.ts');
  const server = await startProcess(process.execPath, [main], {
    ESTEIRA_MODEL_SERVER_DIR: models.directory,
    ESTEIRA_SERVING_PORT: '0',
    ESTEIRA_LOG_LEVEL: 'error',
  });
  const served = (name: string): Served => ({
    url: `${String(server.announced.httpUrl)}/models/${name}`,
    token: name,
  });
  try {
    await trySuite('a graph', served('score'), served('score-tensor'));
  } finally {
    await server.stop();
  }
}

async function tryDeployed(
  installation: Installation,
  name: string,
  flags: readonly string[],
): Promise<void> {
  const columns = await deploy(installation, name, 'mlflow', flags);
  await trySuite(name, columns, await deploy(installation, `${name}-tensor`, 'mlflow_tensor', flags));
}

/** Deploys a folder of the suite's model; the pickle in it is this script's own. */
async function deploy(
  installation: Installation,
  name: string,
  folder: string,
  flags: readonly string[],
): Promise<Served> {
  const pickle = readFileSync(join(model, folder, 'model.pkl'));
  const digest = `sha256:${createHash('sha256').update(pickle).digest('hex')}`;
  // A conversion needs no allowance that lasts.
  if (flags.length === 0)
    await installation.client.registry.allowPickle({ body: { digest, reason: 'made here' } });
  const { url, key } = await deployModel(installation, join(model, folder), name, {
    home: models.directory,
    flags: ['--timeout', '600', ...flags],
  });
  return { url: `${url}/models/${name}`, token: key };
}

/** An endpoint with the graph under one of the signatures, and a key of its name. */
function serve(name: string, version: number, signatureFile: string) {
  const inputs: TensorSignature[] = [{ name: 'X', datatype: 'FP32', shape: [-1, 20] }];
  const outputs: TensorSignature[] = [{ name: 'variable', datatype: 'FP32', shape: [-1, 1] }];
  const document: unknown = JSON.parse(readFileSync(join(model, signatureFile), 'utf8'));
  const placed = placeMlflowSignature(document, { inputs, outputs }, null);
  if ('problem' in placed) throw new Error(placed.problem);
  const signature: Partial<ModelSignature> = {
    task: 'regression',
    inputs,
    outputs,
    label: null,
    score: { output: 'variable', column: 0 },
    classes: [],
    operators: ['ai.onnx.ml.TreeEnsembleRegressor'],
    call: placed.signature,
  };
  const bundle = models.addVersion(version, 0, readFileSync(join(model, 'model.onnx')), signature);
  return makeEndpoint(bundle, {
    name,
    keys: [makeKey(name)],
    limits: { maxBodyBytes: 16 * 1024 * 1024, maxRows: 10_000, timeoutMs: 30_000 },
  });
}
