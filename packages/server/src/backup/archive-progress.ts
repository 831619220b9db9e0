/** How far the work on an archive has got. */
export interface ArchiveProgress {
  readonly step: 'tables' | 'content' | 'check' | 'verify';
  /** What is at hand: the name of a table. */
  readonly name?: string;
  readonly done: number;
  /** Absent while nobody knows. */
  readonly total?: number;
  readonly unit: 'rows' | 'blobs' | 'tables';
}

export type OnProgress = (progress: ArchiveProgress) => void;
