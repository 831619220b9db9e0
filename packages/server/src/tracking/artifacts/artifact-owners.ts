import { esteiraError } from '../../kernel/errors.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { findRunHead, type RunTables } from '../run-store.ts';
import { type ArtifactOwner, type KnownOwner, locationScheme } from './artifact.ts';

/** An owner of one kind in the workspace; undefined when there is none. */
type FindOwner = (reader: SqlReader, workspace: string, id: string) => Promise<KnownOwner | undefined>;

export interface ArtifactOwners {
  /** For rooms whose things have files of their own. */
  register(kind: 'logged-model' | 'trace', find: FindOwner): void;
  /** Whether owners of the kind can be found at all. */
  knows(kind: ArtifactOwner['kind']): boolean;
  find(reader: SqlReader, workspace: string, owner: ArtifactOwner): Promise<KnownOwner | undefined>;
  /** Throws RUN_NOT_FOUND, EXPERIMENT_NOT_FOUND, ARTIFACT_OWNER_NOT_FOUND. */
  existing(reader: SqlReader, workspace: string, owner: ArtifactOwner): Promise<KnownOwner>;
  /** Throws the same, and RUN_DELETED, EXPERIMENT_DELETED. */
  writable(reader: SqlReader, workspace: string, owner: ArtifactOwner): Promise<KnownOwner>;
}

/** Who files can be kept with. Runs, experiments and the workspace are known from the beginning. */
export function createArtifactOwners(): ArtifactOwners {
  const finders = new Map<ArtifactOwner['kind'], FindOwner>([
    ['run', findRun],
    ['experiment', findExperimentById],
    ['workspace', findWorkspace],
  ]);

  const owners: ArtifactOwners = {
    register: (kind, find) => void finders.set(kind, find),
    knows: (kind) => finders.has(kind),
    find: async (reader, workspace, { kind, id }) => await finders.get(kind)?.(reader, workspace, id),
    async existing(reader, workspace, owner) {
      const found = await owners.find(reader, workspace, owner);
      if (found !== undefined) return found;
      const { kind, id } = owner;
      if (kind === 'run') throw esteiraError('RUN_NOT_FOUND', { id });
      if (kind === 'experiment') throw esteiraError('EXPERIMENT_NOT_FOUND', { id });
      throw esteiraError('ARTIFACT_OWNER_NOT_FOUND', { kind, id });
    },
    async writable(reader, workspace, owner) {
      const found = await owners.existing(reader, workspace, owner);
      const { kind, id } = found;
      if (!found.deleted) return found;
      if (kind === 'run') throw esteiraError('RUN_DELETED', { id });
      if (kind === 'experiment') throw esteiraError('EXPERIMENT_DELETED', { name: id });
      throw esteiraError('ARTIFACT_OWNER_NOT_FOUND', { kind, id });
    },
  };
  return owners;
}

async function findRun(reader: SqlReader, workspace: string, id: string): Promise<KnownOwner | undefined> {
  const run = await findRunHead(reader, workspace, id);
  if (run === undefined) return undefined;
  return {
    kind: 'run',
    id,
    experimentId: run.experimentId,
    deleted: run.deletedAt !== undefined,
    location: run.artifactLocation,
    heldAs: [
      { kind: 'run', id },
      { kind: 'experiment', id: run.experiment },
      ...(run.project === undefined ? [] : [{ kind: 'project', id: run.project } as const]),
    ],
  };
}

async function findExperimentById(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<KnownOwner | undefined> {
  const row = await reader
    .query<RunTables>()
    .selectFrom('experiments')
    .select(['name', 'project', 'artifact_location', 'deleted_at'])
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    kind: 'experiment',
    id,
    experimentId: id,
    deleted: row.deleted_at !== null,
    location: row.artifact_location,
    heldAs: [
      { kind: 'experiment', id: row.name },
      ...(row.project === null ? [] : [{ kind: 'project', id: row.project } as const]),
    ],
  };
}

async function findWorkspace(_: SqlReader, workspace: string, id: string): Promise<KnownOwner | undefined> {
  if (id !== workspace) return undefined;
  return { kind: 'workspace', id, deleted: false, location: locationScheme, heldAs: [] };
}
