import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runExample, startMlflowServer } from './mlflow-server.ts';
import { installPythonClient } from './python-client.ts';

/**
 * `npm run example:torch`: trains examples/mlflow-pytorch against a server on a scratch folder and looks for what it logged.
 * Its requirements are installed into an environment of its own, some gigabytes; `--python` names an interpreter that has
 * them. Exit code 0 when all is there, 1 when not, 2 when it could not be tried.
 */
const example = 'mlflow-pytorch';
const { values: flags } = parseArgs({ strict: true, options: { python: { type: 'string' } } });
const folder = resolve(import.meta.dirname, '../../examples', example);
const python = flags.python ?? installPythonClient([join(folder, 'requirements.txt')], example);
const scratch = mkdtempSync(join(tmpdir(), 'esteira-torch-'));
try {
  const server = await startMlflowServer(join(scratch, 'data'), randomBytes(24).toString('hex'), {});
  try {
    const run = await runExample(server, { python, example, scratch });
    const complete =
      run?.status === 'succeeded' &&
      run.params.optimizer === 'Adam' &&
      typeof run.metrics.train_loss?.value === 'number' &&
      (run.metrics.test_accuracy?.value ?? 0) > 0.8;
    console.log(complete ? 'ok    the PyTorch example' : 'FAIL  the PyTorch example');
    if (!complete) process.exitCode = 1;
  } finally {
    await server.stop();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
