import type { RetentionKind } from '@esteira/contracts';
import type { StoredPolicy } from './retention-policy-store.ts';

type Policies = readonly Pick<StoredPolicy, 'kind' | 'project' | 'days'>[];

/** For how many days a kind is kept in a project: its own policy, else that of the workspace, else for ever (null). */
export function keptDays(policies: Policies, kind: RetentionKind, project: string | null): number | null {
  const own = policies.find((policy) => policy.kind === kind && policy.project === project);
  if (own !== undefined) return own.days;
  return policies.find((policy) => policy.kind === kind && policy.project === null)?.days ?? null;
}

/** The shortest retention of a kind over all projects; null when all keep it for ever. */
export function shortestDays(policies: Policies, kind: RetentionKind): number | null {
  let shortest: number | null = null;
  for (const policy of policies) {
    if (policy.kind !== kind || policy.days === null) continue;
    if (shortest === null || policy.days < shortest) shortest = policy.days;
  }
  return shortest;
}

/** Whether `next` keeps less than `current`, null being for ever. */
export function isShorter(current: number | null, next: number | null): boolean {
  if (next === null) return false;
  return current === null || next < current;
}
