import { createHash, createHmac } from 'node:crypto';
import type { ServedKey } from '@esteira/contracts';

/** Keys by which the control plane asks its model servers. They are made of one secret and never stored themselves. */
export interface ProbeKeys {
  secretFor(workspace: string, endpoint: string): string;
  /** As the snapshot carries it. */
  servedKey(workspace: string, endpoint: string): ServedKey;
}

/** All servers on a database have one secret: a rollout on one of them asks model servers that follow another. */
export function createProbeKeys(secret: Uint8Array): ProbeKeys {
  const secretFor = (workspace: string, endpoint: string): string =>
    `probe_${createHmac('sha256', secret)
      .update(JSON.stringify([workspace, endpoint]))
      .digest('hex')}`;
  return {
    secretFor,
    servedKey: (workspace, endpoint) => ({
      id: `probe:${endpoint}`,
      hash: hashKey(secretFor(workspace, endpoint)),
      purpose: 'probe',
      requestsPerSecond: 100_000,
      burst: 100_000,
      expiresAt: null,
    }),
  };
}

/** SHA-256 of a key, as stored and served. Keys are random, so a slow hash would only slow every request. */
export function hashKey(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}
