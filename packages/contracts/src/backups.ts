import { z } from 'zod';
import { Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** An archive in the folder that the server keeps them in. */
export const Backup = z.object({
  name: z.string(),
  kind: z.enum(['backup', 'house']),
  /** What was acknowledged before is in it. */
  snapshotAt: Timestamp,
  finishedAt: Timestamp,
  release: z.string(),
  engine: z.string(),
  rows: z.number().int(),
  blobs: z.number().int(),
  contentBytes: z.number(),
  /** Digests of content that was damaged before it could be archived. */
  damaged: z.array(z.string()),
});
export type Backup = z.infer<typeof Backup>;

export const backupJobKind = 'installation.backup';

/** Operations on archives of the whole installation, whatever the workspace. Where they lie is configuration. */
export const backupsApi = {
  backups: route({
    id: 'installation.backups',
    method: 'GET',
    path: '/api/v1/backups',
    access: 'backups:read',
    summary: 'Lists the archives in the folder that the server writes them to, newest first.',
    response: z.object({
      /** Whether this server has such a folder. */
      configured: z.boolean(),
      /** Cron expression in UTC; null while there is no folder. */
      schedule: z.string().nullable(),
      /** How many are kept. */
      keep: z.number().int(),
      items: z.array(Backup),
      /** Archives that cannot be read, with why. */
      unreadable: z.array(z.object({ name: z.string(), problem: z.string() })),
    }),
  }),
  startBackup: route({
    id: 'installation.startBackup',
    method: 'POST',
    path: '/api/v1/backups',
    access: 'backups:run',
    summary:
      'Starts writing an archive to the folder that the configuration names; the job’s result says what is in it.',
    response: z.object({ jobId: z.string() }),
    status: 202,
  }),
} as const;
