import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelSignature } from '../../packages/contracts/src/index.ts';
import {
  makeEndpoint,
  makeServerDirectory,
  pythonFile,
} from '../../packages/model-server/src/model-server.fixture.ts';
import { installPythonClient, runPytest } from './python-client.ts';
import { startProcess } from './start-process.ts';

/**
 * The real client of Triton against a model server: `npm run interop:oip -- SUITE` runs the tests of the Open Inference
 * Protocol over REST and gRPC, on a graph and on a model of Python code. Exit code 0 when all held, 1 when something did not,
 * 2 when it could not be tried.
 */
const [suite] = process.argv.slice(2);
if (suite === undefined || !existsSync(join(suite, 'requirements.txt'))) {
  console.error('NOT RUN: name the folder of the suite, with its requirements.txt');
  process.exit(2);
}
const python = installPythonClient([join(suite, 'requirements.txt')]);
const models = makeServerDirectory(Array.from({ length: 20 }, (_, index) => `x${index}`));
// The suite sends 10,000 rows in one request.
const limits = { maxBodyBytes: 64 * 1024 * 1024, maxRows: 100_000, timeoutMs: 30_000 };
const graph = makeEndpoint(models.addVersion(1, 0.5), { limits });
models.write([graph, makeEndpoint(pythonVersion(2), { name: 'python', limits })]);
const main = resolve(import.meta.dirname, '../../packages/model-server/src/main.ts');
const server = await startProcess(process.execPath, [main], {
  ESTEIRA_MODEL_SERVER_DIR: models.directory,
  ESTEIRA_SERVING_PORT: '0',
  ESTEIRA_SERVING_GRPC_PORT: '0',
  ESTEIRA_LOG_LEVEL: 'error',
  // The model is this file's own.
  ESTEIRA_ALLOW_UNSANDBOXED_PYTHON: 'true',
});
try {
  const url = String(server.announced.httpUrl);
  await untilAnswered(url, 'python');
  for (const model of ['late-flights', 'python']) {
    const { passed, output } = await runPytest(python, {
      suite: resolve(suite),
      scratch: models.directory,
      environment: {
        OIP_HTTP_URL: url,
        OIP_GRPC_ADDR: String(server.announced.grpcAddress),
        OIP_MODEL: model,
        OIP_TOKEN: 'secret',
      },
    });
    console.log(`${model}: ${output}`);
    if (!passed) process.exitCode = 1;
  }
} finally {
  await server.stop();
  models.remove();
}

/** A version of the same shape whose model is Python code without packages. */
function pythonVersion(version: number) {
  const source = `import math

def predict(columns):
    labels, probabilities = [], []
    for row in columns["X"]:
        late = 1 / (1 + math.exp(-max(-50, min(50, sum(row)))))
        labels.append(int(late > 0.5))
        probabilities.append([1 - late, late])
    return {"label": labels, "probabilities": probabilities}
`;
  const names = Array.from({ length: 20 }, (_, index) => `x${index}`);
  const signature: ModelSignature = {
    task: 'classification',
    inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, 20] }],
    outputs: [
      { name: 'label', datatype: 'INT64', shape: [-1] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
    ],
    features: names.map((name, index) => ({ name, type: 'number', input: 'X', index, missing: false })),
    label: 'label',
    score: { output: 'probabilities', column: 1 },
    classes: [0, 1],
    operators: [],
    python: pythonFile,
  };
  return models.bundle(version, { 'model/model.py': Buffer.from(source), 'signature.json': signature });
}

/** A Python environment takes a moment to be made. */
async function untilAnswered(url: string, model: string): Promise<void> {
  const inputs = [{ name: 'X', datatype: 'FP32', shape: [1, 20], data: Array.from({ length: 20 }, () => 0) }];
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(`${url}/v2/models/${model}/infer`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
    });
    if (answer.ok) return;
    await pause(200);
  }
  throw new Error(`The model ${model} does not answer.`);
}
