import type { KeySlices, KeySlicesRequest } from '@esteira/contracts';
import type { SliceRequest } from '@esteira/model-server/leased-limits';
import type { Clock } from '../../kernel/clock.ts';
import type { LimitStore } from '../../storage/limits/limit-store.ts';
import type { SqlLimitStore } from '../../storage/limits/sql/sql-limit-store.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { type KeyAllowance, listKeysById } from '../endpoints/key-store.ts';

/** The limits of inference keys, shared by all model servers of a workspace. */
export interface KeyLimits {
  /** Leases slices to a model server. What a key allows is the key's own, whatever the request says; revoked keys get nothing. */
  exchange(workspace: string, request: KeySlicesRequest): Promise<KeySlices>;
  /** Requests of today's quotas that nobody is known to have used, by id of the key; keys without a quota have none. */
  quotasLeft(
    workspace: string,
    keys: readonly Pick<KeyAllowance, 'id' | 'quotaPerDay'>[],
  ): Promise<ReadonlyMap<string, number>>;
}

/**
 * `limits`: rates, which may be forgotten. `quotas`: budgets of a day, which must outlive a restart; a limit of the name
 * `<key>@<day>` is one of those.
 */
export function createKeyLimits(deps: {
  readonly sql: SqlReader;
  readonly limits: LimitStore;
  readonly quotas: SqlLimitStore;
  readonly clock: Clock;
}): KeyLimits {
  const { sql, clock } = deps;
  return {
    async exchange(workspace, { source, leaving, requests }) {
      const scope = rateScope(workspace);
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
        budgets.length === 0
          ? []
          : (await deps.quotas.exchange(quotaScope(workspace), source, budgets)).slices;
      if (leaving) await deps.limits.leave(scope, source);
      return {
        holders,
        slices: [...slices, ...days].map(({ limit, ...slice }) => ({ key: limit, ...slice })),
      };
    },

    async quotasLeft(workspace, keys) {
      const day = new Date(clock.now()).toISOString().slice(0, 10);
      const budgets = keys.flatMap(({ id, quotaPerDay }) =>
        quotaPerDay === null ? [] : [{ limit: `${id}@${day}`, capacity: quotaPerDay }],
      );
      const left = await deps.quotas.leftOf(quotaScope(workspace), budgets);
      return new Map([...left].map(([limit, requests]) => [keyIdOf(limit), requests]));
    },
  };
}

function rateScope(workspace: string): string {
  return `inference-keys:${workspace}`;
}

function quotaScope(workspace: string): string {
  return `${rateScope(workspace)}:quotas`;
}

function keyIdOf(limit: string): string {
  return limit.split('@', 1)[0] ?? limit;
}
