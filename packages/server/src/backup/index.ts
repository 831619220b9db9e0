export type { ArchiveManifest } from './archive-manifest.ts';
export type { ArchiveProgress, OnProgress } from './archive-progress.ts';
export { openPlaceForReading, openPlaceForWriting, readManifest } from './backup-place.ts';
export { checkArchive, checkBlobs } from './load-archive.ts';
export { collectLocalFiles } from './local-files.ts';
export { removeOldArchives } from './remove-old-archives.ts';
export { type RestoreOutcome, restoreArchive } from './restore-archive.ts';
export { describeTables } from './table-schema.ts';
export { type ArchiveSource, type WrittenArchive, writeArchive } from './write-archive.ts';
