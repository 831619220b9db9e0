import { createHash, createHmac } from 'node:crypto';
import type { ServedKey } from '@esteira/contracts';
import type { RandomSource } from '../../kernel/random-source.ts';

/** Keys by which the control plane asks its own model servers. They live as long as this process and are never stored. */
export interface ProbeKeys {
  secretFor(workspace: string, endpoint: string): string;
  /** As the snapshot carries it. */
  servedKey(workspace: string, endpoint: string): ServedKey;
}

export function createProbeKeys(random: RandomSource): ProbeKeys {
  const secret = random.bytes(32);
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
