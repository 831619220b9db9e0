import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createPlace, type Installation } from '../../packages/cli/test/installation.fixture.ts';
import { deployModel } from './deploy-model.ts';
import { installPythonClient, runPytest, runPython } from './python-client.ts';

/**
 * Models that this repository has never seen: `npm run interop:held-out` has scikit-learn make them, deploys each with one
 * command, and compares what every wire answers with onnxruntime. Exit code 0 when all held, 1 when something did not, 2
 * when it could not be tried.
 */
const suite = join(import.meta.dirname, 'held-out-models');
const python = installPythonClient([join(suite, 'requirements.txt')]);
const folder = mkdtempSync(join(tmpdir(), 'esteira-held-out-'));
const place = createPlace(folder);
try {
  const made = await runPython(python, [join(suite, 'make_models.py'), folder], {
    scratch: folder,
    environment: {},
  });
  if (!made.passed) throw new Error(`The models could not be made: ${made.output}`);
  const installation = await place.start();
  const deployed: Record<string, unknown> = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.onnx'))) {
    const name = basename(file, '.onnx');
    deployed[name] = await deploy(installation, name, join(folder, file));
  }
  writeFileSync(join(folder, 'deployed.json'), JSON.stringify(deployed));
  const { passed, output } = await runPytest(python, {
    suite,
    scratch: folder,
    words: ['-p', 'no:cacheprovider'],
    environment: { HELD_OUT_DIR: folder },
  });
  console.log(output);
  if (!passed) process.exitCode = 1;
} finally {
  await place.remove();
  rmSync(folder, { recursive: true, force: true });
}

/** Where the endpoint answers, its key, and how its columns are called. */
async function deploy(installation: Installation, name: string, path: string) {
  const { version, ...address } = await deployModel(installation, path, name, { home: folder });
  const { signature } = await installation.client.registry.version({
    params: { name, version: String(version) },
  });
  const features = signature?.features.map((feature) => feature.name) ?? [];
  return { url: address.url, grpc: address.grpc, key: address.key, features };
}
