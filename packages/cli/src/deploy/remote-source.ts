import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descriptionFile, type RemoteModel } from '@esteira/contracts';
import { usageError } from '../command-error.ts';
import type { DeploySource } from './deploy-source.ts';

/** How a model that answers elsewhere is named on the command line. */
export interface RemoteFlags {
  readonly name?: string;
  readonly remote?: string;
  readonly protocol: RemoteModel['protocol'];
  readonly remoteModel?: string;
  readonly secret?: string;
}

/** Writes the description of a remote model for as long as `use` takes. */
export async function withRemoteSource(
  { name, remote, protocol, remoteModel, secret }: RemoteFlags,
  use: (source: DeploySource) => Promise<void>,
): Promise<void> {
  if (name === undefined) throw usageError('The endpoint has no name.', 'give it one by --name');
  const description = {
    kind: 'remote',
    protocol,
    url: remote,
    model: remoteModel ?? name,
    ...(secret === undefined ? {} : { secret }),
  };
  const folder = await mkdtemp(join(tmpdir(), 'esteira-remote-'));
  try {
    const path = join(folder, descriptionFile);
    await writeFile(path, JSON.stringify(description));
    await use({ kind: 'file', path, name });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
