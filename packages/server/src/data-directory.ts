import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { esteiraError } from './kernel/errors.ts';
import type { IdGenerator } from './kernel/ids.ts';

/** Where everything of an installation lies. */
export interface DataDirectory {
  readonly path: string;
  readonly database: string;
  readonly blobs: string;
  readonly tables: string;
  readonly signingKey: string;
  readonly dataPlane: string;
  /** Permanent: jobs and audit rows of this installation are known by it. */
  readonly installationId: string;
}

/** Creates the folder with mode 0700 on the first start, and gives the installation its id. Throws BAD_CONFIG, STORAGE_FULL. */
export function openDataDirectory(path: string, ids: IdGenerator): DataDirectory {
  const root = resolve(path);
  makeRoot(root);
  const directory = (name: string): string => {
    mkdirSync(join(root, name), { recursive: true, mode: 0o700 });
    return join(root, name);
  };
  return {
    path: root,
    database: join(root, 'esteira.db'),
    blobs: directory('blobs'),
    tables: directory('tables'),
    signingKey: join(root, 'audit-signing-key.pem'),
    dataPlane: directory('data-plane'),
    installationId: installationId(join(root, 'installation-id'), ids),
  };
}

function makeRoot(root: string): void {
  try {
    makeFolders(root);
    chmodSync(root, 0o700);
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!statSync(root).isDirectory()) throw new Error('not a directory');
  } catch (error) {
    refuseFullDisk(error);
    const problem = `dataDir ${root} is no folder that this process can make and write`;
    throw esteiraError('BAD_CONFIG', { problem }, error);
  }
}

/** One by one: Node's recursive way never ends where a file system says of a folder that it is missing when it is made. */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** No room is not the folder's fault. */
function refuseFullDisk(error: unknown): void {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
    throw esteiraError('STORAGE_FULL', {}, error);
}

/** Written under another name first: a crash leaves a whole id or none. */
function installationId(path: string, ids: IdGenerator): string {
  const known = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  if (known !== '') return known;
  const made = ids.next('inst');
  writeFileSync(`${path}.new`, `${made}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return made;
}
