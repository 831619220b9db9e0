import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
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

/** Creates the folder with mode 0700 on the first start, and gives the installation its id. */
export function openDataDirectory(path: string, ids: IdGenerator): DataDirectory {
  const root = resolve(path);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  chmodSync(root, 0o700);
  const identity = join(root, 'installation-id');
  if (!existsSync(identity)) writeFileSync(identity, `${ids.next('inst')}\n`, { mode: 0o600 });
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
    installationId: readFileSync(identity, 'utf8').trim(),
  };
}
