import { z } from 'zod';
import { Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** A server on the database of the installation. */
export const Replica = z.object({
  /** That of its data directory: it stays over restarts. */
  id: z.string(),
  host: z.string(),
  version: z.string(),
  startedAt: Timestamp,
  lastSeenAt: Timestamp,
  /** False when it has given no sign of life for 20 seconds. */
  alive: z.boolean(),
  /** The server that answered. */
  answering: z.boolean(),
  /** Names of the works that it does for all: `audit`, `events`. */
  leases: z.array(z.string()),
  /** Milliseconds that the clock of its machine is ahead of the database's, which all of them follow. */
  clockOffsetMs: z.number().int(),
});
export type Replica = z.infer<typeof Replica>;

/** What concerns the servers of an installation, whatever the workspace. */
export const installationApi = {
  replicas: route({
    id: 'installation.replicas',
    method: 'GET',
    path: '/api/v1/replicas',
    access: 'replicas:read',
    summary: 'Lists the servers of this installation, and which of them does what is done by one for all.',
    response: z.object({ items: z.array(Replica) }),
  }),
} as const;
