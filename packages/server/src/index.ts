export { backUp } from './back-up.ts';
export type { ArchiveProgress, WrittenArchive } from './backup/index.ts';
export { keepBlobKey } from './keep-blob-key.ts';
export { listArchives } from './list-archives.ts';
export { migrateDatabase, type SchemaReport } from './migrate-database.ts';
export { type Restored, restore } from './restore.ts';
export { type RunningServer, type StartOptions, startServer } from './start-server.ts';
