import type { FolderEntry } from '../../../tracking/index.ts';

interface FileInfo {
  readonly path: string;
  readonly is_dir: boolean;
  /** Bytes; of files only. */
  readonly file_size?: number;
}

/** What a folder shows: by paths from the root of the owner, or by names alone. */
export function fileInfosOf(entries: readonly FolderEntry[], paths: 'paths' | 'names'): readonly FileInfo[] {
  return entries.map(({ path, size }) => ({
    path: paths === 'paths' ? path : path.slice(path.lastIndexOf('/') + 1),
    is_dir: size === undefined,
    ...(size === undefined ? {} : { file_size: size }),
  }));
}
