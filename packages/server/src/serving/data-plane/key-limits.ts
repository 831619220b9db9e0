import type { KeySlices, KeySlicesRequest } from '@esteira/contracts';
import type { SliceRequest } from '@esteira/model-server/leased-limits';
import type { LimitStore } from '../../storage/limits/limit-store.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { listKeysById } from '../endpoints/key-store.ts';

/** The limits of inference keys, shared by all model servers of a workspace. */
export interface KeyLimits {
  /** Leases slices to a model server. What a key allows is the key's own, whatever the request says; revoked keys get nothing. */
  exchange(workspace: string, request: KeySlicesRequest): Promise<KeySlices>;
}

/**
 * `limits`: rates, which may be forgotten. `quotas`: budgets of a day, which must outlive a restart; a limit of the name
 * `<key>@<day>` is one of those.
 */
export function createKeyLimits(deps: {
  readonly sql: SqlReader;
  readonly limits: LimitStore;
  readonly quotas: LimitStore;
}): KeyLimits {
  const { sql } = deps;
  return {
    async exchange(workspace, { source, leaving, requests }) {
      const scope = `inference-keys:${workspace}`;
      const ids = [...new Set(requests.map(({ key }) => keyIdOf(key)))];
      const keys = new Map((await listKeysById(sql, workspace, ids)).map((key) => [key.id, key]));
      const rates: SliceRequest[] = [];
      const budgets: SliceRequest[] = [];
      for (const { key: limit, ...request } of requests) {
        const found = keys.get(keyIdOf(limit));
        if (found === undefined) continue;
        const { requestsPerSecond, burst, quotaPerDay } = found;
        if (!limit.includes('@'))
          rates.push({ ...request, limit, spec: { perSecond: requestsPerSecond, capacity: burst } });
        // What is stored of a day is all there is of it, so a model server that held some before asks for no mercy.
        else if (quotaPerDay !== null)
          budgets.push({ ...request, known: false, limit, spec: { perSecond: 0, capacity: quotaPerDay } });
      }
      const { holders, slices } = await deps.limits.exchange(scope, source, rates);
      const days =
        budgets.length === 0 ? [] : (await deps.quotas.exchange(`${scope}:quotas`, source, budgets)).slices;
      if (leaving) await deps.limits.leave(scope, source);
      return {
        holders,
        slices: [...slices, ...days].map(({ limit, ...slice }) => ({ key: limit, ...slice })),
      };
    },
  };
}

function keyIdOf(limit: string): string {
  return limit.split('@', 1)[0] ?? limit;
}
