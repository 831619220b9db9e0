import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createPlace, type Installation } from '../../packages/cli/test/installation.fixture.ts';
import { deployModel, whereFromPackagesCome } from './deploy-model.ts';
import { installPythonClient, runPytest, runPython } from './python-client.ts';

/**
 * Boosted trees of LightGBM and XGBoost: `npm run interop:boosters` trains them with the libraries themselves, converts and
 * deploys each with one command, and compares what they answer with the library; what cannot be converted has to be refused
 * with its reason. Exit code 0 when all held, 1 when something did not, 2 when it could not be tried.
 */
const suite = join(import.meta.dirname, 'boosters');
const requirements = join(suite, 'requirements.txt');
const asking = join(import.meta.dirname, 'held-out-models/requirements.txt');
const python = installPythonClient([requirements, asking]);
const folder = mkdtempSync(join(tmpdir(), 'esteira-boosters-'));
const place = createPlace(folder);
try {
  const boosters = join(folder, 'boosters');
  mkdirSync(boosters);
  const made = await runPython(python, [join(suite, 'make_boosters.py'), boosters], {
    scratch: folder,
    // Threads that wait for each other take longer than one alone.
    environment: { OMP_NUM_THREADS: '1' },
  });
  if (!made.passed) throw new Error(`The boosters could not be made: ${made.output}`);
  const installation = await place.start({ environment: whereFromPackagesCome() });
  const deployed: Record<string, unknown> = {};
  for (const file of readdirSync(boosters).filter((name) => name.endsWith('.joblib'))) {
    const name = basename(file, '.joblib');
    deployed[name] = await convert(installation, join(boosters, file), name);
  }
  writeFileSync(join(boosters, 'deployed.json'), JSON.stringify(deployed));
  const { passed, output } = await runPytest(python, {
    suite,
    scratch: folder,
    words: ['-p', 'no:cacheprovider'],
    environment: { BOOSTERS_DIR: boosters },
  });
  console.log(output);
  if (!passed) process.exitCode = 1;
} finally {
  await place.remove();
  rmSync(folder, { recursive: true, force: true });
}

/** Where the graph answers and how its columns are called, or why the model was refused. */
async function convert(installation: Installation, path: string, name: string) {
  const flags = ['--convert', 'onnx', '--requirements', requirements, '--timeout', '600'];
  try {
    const { url, key, version } = await deployModel(installation, path, name, { home: folder, flags });
    const { signature } = await installation.client.registry.version({
      params: { name, version: String(version) },
    });
    return { url, key, features: signature?.features.map((feature) => feature.name) ?? [] };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}
