import { createHash } from 'node:crypto';
import { ApiError, type EsteiraClient } from '@esteira/sdk';
import { inParallel } from './in-parallel.ts';
import type { MlflowSource, SourceFile, SourceOwner } from './mlflow-source.ts';
import { reasonOf } from './reason-of.ts';

const filesAtOnce = 4;

/** What became of the files of an owner. */
export interface FilesOutcome {
  /** How many the source has. */
  readonly files: number;
  /** How many of them Esteira has with the same digest. */
  readonly equal: number;
  readonly problems: readonly string[];
}

/**
 * Brings the files of a run or a logged model over, each read once, and compares the digests of all of them. A file that
 * cannot be read is a problem that is told; the others come.
 */
export async function importFiles(
  source: Pick<MlflowSource, 'files' | 'read'>,
  client: EsteiraClient,
  owner: SourceOwner,
): Promise<FilesOutcome> {
  const params = { kind: owner.kind, id: owner.id };
  const problems: string[] = [];
  const digests = new Map<string, string>();
  const before = await filesThere(client, owner);
  let files = 0;

  await inParallel(source.files(owner), filesAtOnce, async ({ path }: SourceFile) => {
    files++;
    const hash = createHash('sha256');
    let broken: unknown;
    async function* hashed(): AsyncIterable<Uint8Array> {
      try {
        for await (const part of source.read(owner, path)) {
          hash.update(part);
          yield part;
        }
      } catch (error) {
        broken = error;
        throw error;
      }
    }
    try {
      if (before.has(path)) for await (const _ of hashed());
      else await client.imports.putFile({ params, query: { path }, body: hashed() });
      digests.set(path, `sha256:${hash.digest('hex')}`);
    } catch (error) {
      const refused = error instanceof ApiError && error.status < 500;
      if (broken === undefined && !refused) throw error;
      problems.push(`${path} of ${owner.kind} ${owner.id}: ${reasonOf(broken ?? error)}`);
    }
  });

  const after = files === 0 ? before : await filesThere(client, owner);
  let equal = 0;
  for (const [path, digest] of digests) {
    if (after.get(path) === digest) equal++;
    else problems.push(`${path} of ${owner.kind} ${owner.id} differs from the file that is there`);
  }
  return { files, equal, problems };
}

async function filesThere(
  client: EsteiraClient,
  { kind, id }: SourceOwner,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let after: string | undefined;
  do {
    const body = { kind, id, ...(after === undefined ? {} : { after }) };
    const { items } = await client.imports.files({ body });
    for (const { path, digest } of items) found.set(path, digest);
    after = items.length < 1_000 ? undefined : items.at(-1)?.path;
  } while (after !== undefined);
  return found;
}
