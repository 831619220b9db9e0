/** A named collection of runs. Its name is unique in the workspace, deleted experiments included. */
export interface Experiment {
  readonly id: string;
  /** Unique in the workspace and never used again; 0 is the one named `Default` at first. */
  readonly number: number;
  readonly name: string;
  readonly project?: string;
  readonly note: string;
  /** Where the artifacts of its runs are said to lie; `mlflow-artifacts:/<number>` unless it was made with another. */
  readonly artifactLocation: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deletedAt?: number;
}

/** The experiment that every workspace has. */
export const defaultExperiment = { name: 'Default', number: 0 } as const;

export function artifactLocationOf(number: number): string {
  return `mlflow-artifacts:/${number}`;
}
