import { type LoggedModelDescription, MlflowSignature, type SchemaEntry } from '@esteira/contracts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { readMlModel } from './inspection/read-mlmodel.ts';
import { readKeptText } from './read-kept-file.ts';
import type { VersionSources } from './register-kept.ts';
import { registrationsOf } from './version-store.ts';

interface DescribingDeps extends Pick<VersionSources, 'filesBelow'> {
  readonly sql: SqlReader;
  readonly blobs: BlobStore;
}

/** An `MLmodel` is a page of text; a larger file is none. */
const maximumBytes = 1024 * 1024;

/** What its `MLmodel` says of a logged model, where it has one that can be read, and the versions that were made of it. */
export async function describeLoggedModel(
  { sql, blobs, filesBelow }: DescribingDeps,
  workspace: string,
  id: string,
): Promise<LoggedModelDescription> {
  const made = await registrationsOf(sql, workspace, [id]);
  const versions = made.map(({ model, version }) => ({ model, version }));
  const [file] = await filesBelow(workspace, { kind: 'logged-model', id, path: 'MLmodel' });
  const mlModel =
    file === undefined || file.size > maximumBytes ? undefined : readMlModel(await readKeptText(blobs, file));
  if (mlModel === undefined) return { flavors: [], signature: null, versions };
  const { data } = MlflowSignature.safeParse(mlModel.signature);
  return {
    flavors: Object.keys(mlModel.flavors).sort(),
    signature:
      data === undefined
        ? null
        : {
            inputs: (data.inputs ?? []).map(toColumn),
            outputs: (data.outputs ?? []).map(toColumn),
            params: (data.params ?? []).map(({ name, type }) => ({ name, type })),
          },
    versions,
  };
}

function toColumn(entry: SchemaEntry): {
  name: string | null;
  type: string;
  required: boolean;
  shape: number[] | null;
} {
  const tensor = entry['tensor-spec'];
  return {
    name: entry.name ?? null,
    type: tensor?.dtype ?? entry.type,
    required: entry.required ?? entry.optional !== true,
    shape: tensor?.shape ?? null,
  };
}
