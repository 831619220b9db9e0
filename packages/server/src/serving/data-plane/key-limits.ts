import type { KeySlices, KeySlicesRequest } from '@esteira/contracts';
import type { LimitStore } from '../../storage/limits/limit-store.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { listKeysById } from '../endpoints/key-store.ts';

/** The limits of inference keys, shared by all model servers of a workspace. */
export interface KeyLimits {
  /** Leases slices to a model server. What a key allows is the key's own, whatever the request says; revoked keys get nothing. */
  exchange(workspace: string, request: KeySlicesRequest): Promise<KeySlices>;
}

export function createKeyLimits(deps: { readonly sql: SqlReader; readonly limits: LimitStore }): KeyLimits {
  const { sql, limits } = deps;
  return {
    async exchange(workspace, { source, leaving, requests }) {
      const scope = `inference-keys:${workspace}`;
      const keys = new Map(
        (
          await listKeysById(
            sql,
            workspace,
            requests.map(({ key }) => key),
          )
        ).map((key) => [key.id, key]),
      );
      const asked = requests.flatMap(({ key, ...request }) => {
        const found = keys.get(key);
        if (found === undefined) return [];
        const spec = { perSecond: found.requestsPerSecond, capacity: found.burst };
        return [{ ...request, limit: key, spec }];
      });
      const { holders, slices } = await limits.exchange(scope, source, asked);
      if (leaving) await limits.leave(scope, source);
      return { holders, slices: slices.map(({ limit, ...slice }) => ({ key: limit, ...slice })) };
    },
  };
}
