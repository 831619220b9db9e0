import type { ErrorTable } from './error-table.ts';

export const kernelErrors = {
  INTERNAL: {
    status: 500,
    what: 'The server could not finish the request.',
    why: 'Something failed that the server did not expect; the log holds the cause under the instance id.',
    todo: 'Try again; if it persists, look up the instance id in the log.',
  },
  STORAGE_FULL: {
    status: 507,
    what: 'There is no room left to store the data.',
    why: 'The disk or the file-size limit of the server is exhausted, or the quota of the bucket; nothing of this request was kept.',
    todo: 'Free space on the volume of the data directory or in the bucket, or raise its quota, then send the request again.',
  },
  STORAGE_READ_ONLY: {
    status: 503,
    what: 'The data directory cannot be written ({problem}).',
    why: 'Its file system has turned read-only, or this server may no longer write there; nothing of this request was kept.',
    todo: 'Make the volume of the data directory writable again, then send the request again.',
  },
  TABLE_MEMORY_EXCEEDED: {
    status: 503,
    what: 'The work needs more memory than the {limit} that the table engine may use.',
    why: 'A part of it cannot spill to disk, or too much runs at the same time: all statements share this memory.',
    todo: 'Narrow the range (fewer files, a shorter window, fewer rows), try again when less is going on, or start the server with a larger --table-memory-mb.',
  },
  STORAGE_BUSY: {
    status: 503,
    what: 'The data directory {path} is in use by another server.',
    why: 'Exactly one server process writes a data directory.',
    todo: 'Stop the other server, or choose another --data-dir.',
  },
  SCHEMA_CHANGED: {
    status: 500,
    what: 'The migration {migration} of this release is not the one that made the database.',
    why: 'A released migration never changes, so this release or its files have been altered, or the database was made by an unreleased version.',
    todo: 'Install the release again; do not change the database by hand.',
  },
  SCHEMA_TOO_NEW: {
    status: 500,
    what: 'The database was written by a newer release: it has the migration {migration}.',
    why: 'Migrations only go forward, so an older server cannot know what the newer schema means.',
    todo: 'Start the newer release again, or restore a backup made before the upgrade.',
  },
  BLOB_NOT_FOUND: {
    status: 404,
    what: 'No stored content has the digest {digest}.',
    why: 'It was never stored, or it was freed by retention.',
    todo: 'Check the digest; store the content again if you have it.',
  },
  BLOB_DIGEST_MISMATCH: {
    status: 400,
    what: 'The content sent has the digest {actual}, not {expected}.',
    why: 'It was changed or cut on its way; nothing of it was kept.',
    todo: 'Send the content again.',
  },
  BAD_CONFIG: {
    status: 500,
    what: 'The configuration is not valid: {problem}.',
    why: 'A flag, an environment variable or the configuration file holds a value the server cannot use.',
    todo: 'Correct it; docs/reference/config.md lists every key.',
  },
  JOB_NOT_FOUND: {
    status: 404,
    what: 'There is no job {id}.',
    why: 'The id is wrong, or the job belongs to another workspace.',
    todo: 'List the jobs and take the id from there.',
  },
  JOB_ABANDONED: {
    status: 500,
    what: 'The job {id} was given up after its worker died {times} times.',
    why: 'The process that ran it ended without finishing it, each time; often it ran out of memory.',
    todo: 'Look in the log for why the process ended, give it more memory or less data, then start the work again.',
  },
  JOB_ACTOR_GONE: {
    status: 403,
    what: 'The job {id} cannot run: {actor}, who started it, is no longer active.',
    why: 'A job acts with the permissions its starter has when it runs.',
    todo: 'Start the work again as somebody who is active.',
  },
} as const satisfies ErrorTable;
