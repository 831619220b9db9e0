import type { ErrorTable } from './error-table.ts';

export const storageErrors = {
  DATABASE_UNAVAILABLE: {
    status: 503,
    what: 'The database cannot be reached: {problem}.',
    why: 'It is stopped, restarting or refuses this server; nothing of this request was kept.',
    todo: 'Try again in a few seconds; if it persists, check --database-url and the database server.',
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
} as const satisfies ErrorTable;
