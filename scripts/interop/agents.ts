import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPlace } from '../../packages/cli/test/installation.fixture.ts';
import { deployModel, whereFromPackagesCome } from './deploy-model.ts';
import { installPythonClient, runPytest, runPython } from './python-client.ts';

/**
 * MLflow's agents: `npm run interop:agents` has MLflow keep one of each kind, deploys each with one command, and compares what
 * they answer, at once and in pieces, with what MLflow's own classes do. Exit code 0 when all held, 1 when something did not,
 * 2 when it could not be tried.
 */
const suite = join(import.meta.dirname, 'agents');
const python = installPythonClient([join(suite, 'requirements.txt')]);
const folder = mkdtempSync(join(tmpdir(), 'esteira-agents-'));
const place = createPlace(folder);
try {
  const agents = join(folder, 'agents');
  const made = await runPython(python, [join(suite, 'make_agents.py'), agents], {
    scratch: folder,
    environment: {},
  });
  if (!made.passed) throw new Error(`The agents could not be made: ${made.output}`);
  const installation = await place.start({ environment: whereFromPackagesCome() });
  const deployed: Record<string, unknown> = {};
  for (const name of readdirSync(agents)) {
    const flags = ['--timeout', '600'];
    deployed[name] = await deployModel(installation, join(agents, name), name, { home: folder, flags });
  }
  writeFileSync(join(agents, 'deployed.json'), JSON.stringify(deployed));
  const { passed, output } = await runPytest(python, {
    suite,
    scratch: folder,
    words: ['-p', 'no:cacheprovider'],
    environment: { AGENTS_DIR: agents },
  });
  console.log(output);
  if (!passed) process.exitCode = 1;
} finally {
  await place.remove();
  rmSync(folder, { recursive: true, force: true });
}
