import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installPythonClient } from './python-client.ts';

/**
 * `npm run interop:install -- FOLDER…` installs, at once, what the suites of these folders and those of this repository ask for.
 * A suite that is run afterwards finds everything there. Exit code 2 when it could not be installed.
 */
const root = resolve(import.meta.dirname, '../..');
const own = [
  'scripts/interop/agents',
  'scripts/interop/boosters',
  'scripts/interop/held-out-models',
  'examples/mlflow-sklearn',
].map((folder) => join(root, folder));
const folders = [...process.argv.slice(2), ...own];
const lists = folders.flatMap((folder) => [
  join(folder, 'requirements.txt'),
  join(folder, 'requirements-model.txt'),
]);
installPythonClient(lists.filter(existsSync));
