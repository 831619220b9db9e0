import type { ErrorTable } from './error-table.ts';

export const storageErrors = {
  DATABASE_UNAVAILABLE: {
    status: 503,
    what: 'The database cannot be reached: {problem}.',
    why: 'It is stopped, restarting or refuses this server; nothing of this request was kept.',
    todo: 'Try again in a few seconds; if it persists, check --database-url and the database server.',
  },
  COMMIT_UNKNOWN: {
    status: 503,
    what: 'The database failed while it saved a change, and cannot tell whether it kept it.',
    why: 'It came back from a crash that no longer says what became of the change.',
    todo: 'Look at the state of what was changed, then send the request again if the change is missing.',
  },
  BLOBS_UNAVAILABLE: {
    status: 503,
    what: 'The blob store cannot be reached: {problem}.',
    why: 'The object storage is stopped, restarting or refuses this server; nothing of this request was kept.',
    todo: 'Try again in a few seconds; if it persists, check --blobs-url, the bucket and its credentials.',
  },
  BLOB_BEING_FREED: {
    status: 503,
    what: 'The content {digest} is being freed at this very moment.',
    why: 'Nothing had referred to it for a day, and the garbage collection reached it while it was stored again.',
    todo: 'Send it again.',
  },
  NO_INSTALLATION: {
    status: 404,
    what: 'There is no installation at {place}.',
    why: 'No server has ever kept its data there.',
    todo: 'Check --data-dir or --database-url: they are those that the server is started with.',
  },
  BACKUP_PLACE_UNFIT: {
    status: 409,
    what: 'Archives cannot be written to {path}: {problem}.',
    why: 'Archives and the content they share lie in a folder of their own, which one process writes at a time.',
    todo: 'Name an empty or new folder, or one that holds archives already, and let other backups to it finish.',
  },
  BACKUP_INCOMPLETE: {
    status: 503,
    what: 'The backup was given up: {problem}.',
    why: 'An archive holds everything of one moment, or it is no archive; what was copied so far is used by the next one.',
    todo: 'Start the backup again.',
  },
  HOUSE_IN_USE: {
    status: 409,
    what: 'A server is running on {place}: it holds the lease {lease}.',
    why: 'An installation moves when nobody works in it, so that nothing is left behind in the old place.',
    todo: 'Stop every server on it. What a killed one held is free 15 seconds later.',
  },
  ARCHIVE_NOT_FOUND: {
    status: 404,
    what: 'There is no whole archive at {place}.',
    why: 'The folder is missing or holds none, or the backup that made it was cut short and never got its name.',
    todo: 'List what there is: esteira backups <folder>.',
  },
  ARCHIVE_DAMAGED: {
    status: 422,
    what: 'The archive is damaged: {file}: {problem}.',
    why: 'Every file of an archive is known by its SHA-256, and this one is no longer what was written.',
    todo: 'Take another archive, or another copy of this one; then look at the disk it lay on.',
  },
  ARCHIVE_TOO_NEW: {
    status: 409,
    what: 'The archive cannot be read by this release: {problem}.',
    why: 'A newer release wrote it, and an older one cannot know what its rows mean.',
    todo: 'Restore it with the release that wrote it, or a newer one.',
  },
  VALUE_NOT_PORTABLE: {
    status: 422,
    what: 'A value of {table}.{column} cannot be carried over: {problem}.',
    why: 'The engine that it goes to has no room for it, and changing it silently would be worse than stopping.',
    todo: 'Keep to the engine it comes from, or mend the value there first.',
  },
  RESTORE_TARGET_NOT_EMPTY: {
    status: 409,
    what: 'There is an installation at {place} already: {problem}.',
    why: 'A restore never writes over or into data that is there.',
    todo: 'Name an empty data directory, database and bucket, or remove what is there first.',
  },
  RESTORE_UNFINISHED: {
    status: 409,
    what: 'The database is half restored from the archive {archive}.',
    why: 'A restore was begun on it and cut short, so a part of the data is missing.',
    todo: 'Start the same restore again: it goes on where it stopped. Or empty the place and begin anew.',
  },
  RESTORE_DIFFERS: {
    status: 500,
    what: 'What was restored differs from the archive: {problem}.',
    why: 'Everything is read back and compared, and this did not agree; the installation stays closed.',
    todo: 'Look at disk and memory of the machine, empty the place, and restore again.',
  },
  SIGNING_KEY_MISSING: {
    status: 400,
    what: 'The key that signs the audit log is needed: {problem}.',
    why: 'Archives never hold it in the clear: who holds the key can sign another history. Without it the log cannot go on.',
    todo: 'Pass --signing-key with audit-signing-key.pem of the old data directory, or the copy kept apart.',
  },
  BLOBS_NOT_ENCRYPTED: {
    status: 409,
    what: 'Stored content is not encrypted here, so there are no keys.',
    why: 'The server was started without --blob-keys.',
    todo: 'Make a key file with esteira blobs new-key <file> and start the server with --blob-keys <file>.',
  },
  BLOB_DAMAGED: {
    status: 500,
    what: 'The stored content with the digest {digest} is damaged.',
    why: 'Its bytes are not those that were stored: a disk, or somebody, changed or cut them.',
    todo: 'Restore it from a backup, or delete it and store the content again.',
  },
  BLOB_KEY_MISSING: {
    status: 503,
    what: 'The content with the digest {digest} is encrypted, and no key that this server has opens it.',
    why: 'It was stored under the key "{keyId}", and was not re-wrapped under a key of the file named by --blob-keys.',
    todo: 'Put the key back into the key file; nothing is lost while a copy of the key exists.',
  },
} as const satisfies ErrorTable;
