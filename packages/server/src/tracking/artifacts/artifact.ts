import type { HoldSubject } from '@esteira/contracts';

/** Begins every location of files that are kept here. */
export const locationScheme = 'mlflow-artifacts:/';

/**
 * What files are kept with. `workspace` is for those that belong to no experiment; its id is that of the workspace. Those of
 * a `model-version` are kept elsewhere: the registry has frozen them.
 */
export interface ArtifactOwner {
  readonly kind: 'run' | 'logged-model' | 'trace' | 'experiment' | 'workspace' | 'model-version';
  readonly id: string;
}

/** An owner that is there. */
export interface KnownOwner extends ArtifactOwner {
  /** Id of the experiment it belongs to; undefined of a workspace. */
  readonly experimentId?: string;
  readonly deleted: boolean;
  /** Where its files are said to lie: `mlflow-artifacts:/0/<run>/artifacts`. */
  readonly location: string;
  /** What legal holds call it, the thing first, then what it lies in: a hold on any of these covers its files. */
  readonly heldAs: readonly HoldSubject[];
}

/** A file kept with its owner. */
export interface Artifact {
  readonly path: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly createdAt: number;
}

/** What a folder shows: its files, and its folders whatever lies in them. */
export interface FolderEntry {
  /** From the owner's root. */
  readonly path: string;
  /** Bytes; undefined of a folder. */
  readonly size: number | undefined;
}

/** Where a path leads: whose file it is, and its path there; '' is the owner's root. */
export interface ArtifactPlace {
  readonly owner: ArtifactOwner;
  readonly path: string;
}
