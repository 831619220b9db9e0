import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
import { installPythonClient, runPytest } from './python-client.ts';
import { startProcess } from './start-process.ts';

/**
 * MLflow's scoring protocol against a model server: `npm run interop:scoring -- SUITE` makes the suite's model (a bare graph
 * under a signature of named columns, and under one of a tensor) and runs its tests against both. Exit code 0 when all held,
 * 1 when something did not, 2 when it could not be tried.
 */
const [suite] = process.argv.slice(2);
if (suite === undefined || !existsSync(join(suite, 'requirements.txt'))) {
  console.error('NOT RUN: name the folder of the suite, with its requirements.txt');
  process.exit(2);
}
const python = installPythonClient('scoring', resolve(suite));
const maker = installPythonClient('scoring-model', resolve(suite), 'requirements-model.txt');
const features = Array.from({ length: 20 }, (_, index) => `x${index}`);
const models = makeServerDirectory(features);
const model = join(models.directory, 'suite-model');
const made = spawnSync(maker, [join(resolve(suite), 'make_model.py'), model], {
  cwd: models.directory,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { PATH: process.env.PATH, HOME: models.directory },
});
if (made.status !== 0) {
  console.error('NOT RUN: the model of the suite could not be made');
  models.remove();
  process.exit(2);
}
models.write([serve('score', 1, 'signature.json'), serve('score-tensor', 2, 'signature_tensor.json')]);
const main = resolve(import.meta.dirname, '../../packages/model-server/src/main.ts');
const server = await startProcess(process.execPath, [main], {
  ESTEIRA_MODEL_SERVER_DIR: models.directory,
  ESTEIRA_SERVING_PORT: '0',
  ESTEIRA_LOG_LEVEL: 'error',
});
try {
  const url = String(server.announced.httpUrl);
  const { passed, output } = await runPytest(python, {
    suite: resolve(suite),
    scratch: models.directory,
    environment: {
      SCORING_URL: `${url}/models/score`,
      SCORING_TENSOR_URL: `${url}/models/score-tensor`,
      SCORING_EXPECTED: join(model, 'expected.json'),
      SCORING_TOKEN: 'score',
      SCORING_TENSOR_TOKEN: 'score-tensor',
    },
  });
  console.log(output);
  if (!passed) process.exitCode = 1;
} finally {
  await server.stop();
  models.remove();
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
