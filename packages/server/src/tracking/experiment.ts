/** A named collection of runs. Its name is unique in the workspace, deleted experiments included. */
export interface Experiment {
  readonly id: string;
  readonly name: string;
  readonly project?: string;
  readonly note: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deletedAt?: number;
}
