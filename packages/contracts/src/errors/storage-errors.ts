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
} as const satisfies ErrorTable;
