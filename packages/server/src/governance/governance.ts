import type { Jobs } from '../jobs/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { changeEvidence } from './changes/change-evidence.ts';
import { changeRoutes } from './changes/change-routes.ts';
import { type Changes, createChanges } from './changes/changes.ts';
import { createPeopleBehind } from './changes/people-behind.ts';
import type { CostRates } from './costs/cost-estimate.ts';
import { type CostLedger, createCostLedger } from './costs/cost-ledger.ts';
import { costRoutes } from './costs/cost-routes.ts';
import { spendChange } from './costs/spend-change.ts';
import { spendingEvidence } from './costs/spending-evidence.ts';
import { createLineage, type Lineage } from './lineage/lineage.ts';
import { lineageRoutes } from './lineage/lineage-routes.ts';
import { createEvidence, type Evidence } from './policies/evidence.ts';
import { createPolicies, type Policies } from './policies/policies.ts';
import type { PolicyPack } from './policies/policy-pack.ts';
import { policyRoutes } from './policies/policy-routes.ts';
import { createWaivers } from './policies/waivers.ts';

/** Rules, consent, origin and cost. Identity and the audit log stand beside it, because sign-in needs them first. */
export interface Governance {
  readonly lineage: Lineage;
  readonly costs: CostLedger;
  /** Rooms register their readers here, at composition. */
  readonly evidence: Evidence;
  readonly policies: Policies;
  /** Rooms register their kinds of change here, at composition. */
  readonly changes: Changes;
  readonly routes: readonly RouteBinding[];
}

export interface GovernanceDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly events: EventBus;
  readonly jobs: Jobs;
  /** The rules shipped with the server, from `loadDefaultPack`. */
  readonly pack: PolicyPack;
  readonly rates: CostRates;
  /** What training of one project may cost in a day without a change of the kind `governance.spend`; 50 unless given. */
  readonly thresholdPerDay?: number;
  /** How long a plan may be approved and applied, ms; 7 days unless given. */
  readonly planLifetime?: number;
}

export function createGovernance(deps: GovernanceDeps): Governance {
  const lineage = createLineage(deps);
  const costs = createCostLedger({ ...deps, thresholdPerDay: deps.thresholdPerDay ?? 50 });
  const people = createPeopleBehind(deps);
  const evidence = createEvidence(deps);
  const policies = createPolicies({ ...deps, evidence });
  const waivers = createWaivers({ ...deps, people, policies });
  const changes = createChanges({ ...deps, people, policies });
  changes.registerKind(spendChange({ ...deps, costs }));
  evidence.register(spendingEvidence(costs));
  evidence.register(changeEvidence({ ...deps, people }));
  return {
    lineage,
    costs,
    evidence,
    policies,
    changes,
    routes: [
      ...policyRoutes(policies, waivers),
      ...changeRoutes(changes),
      ...lineageRoutes(lineage),
      ...costRoutes(costs),
    ],
  };
}
