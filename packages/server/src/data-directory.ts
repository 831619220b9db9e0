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
    const folder = join(root, name);
    usable(folder, 'folder', () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      requireFolder(folder);
    });
    return folder;
  };
  const file = (name: string): string => {
    const place = join(root, name);
    usable(place, 'file', () => {
      if (!existsSync(place)) return;
      accessSync(place, constants.R_OK | constants.W_OK);
      if (!statSync(place).isFile()) throw new Error('something else');
    });
    return place;
  };
  const idFile = file('installation-id');
  return {
    path: root,
    database: file('esteira.db'),
    blobs: directory('blobs'),
    tables: directory('tables'),
    signingKey: file('audit-signing-key.pem'),
    dataPlane: directory('data-plane'),
    installationId: usable(idFile, 'file', () => installationId(idFile, ids)),
  };
}

function makeRoot(root: string): void {
  usable(root, 'folder', () => {
    makeFolders(root);
    // Before its mode is touched: whatever else lies there is not ours.
    requireFolder(root);
    chmodSync(root, 0o700);
  });
}

/** Says of a failure which place of the data directory it is about. Throws BAD_CONFIG, STORAGE_FULL. */
function usable<T>(path: string, kind: 'folder' | 'file', use: () => T): T {
  try {
    return use();
  } catch (error) {
    refuseFullDisk(error);
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    const problem = `dataDir ${path} is no ${kind} that this process can make and write${code}`;
    throw esteiraError('BAD_CONFIG', { problem }, error);
  }
}

function requireFolder(path: string): void {
  accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  if (!statSync(path).isDirectory()) throw new Error('something else');
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
