import type { RunSource } from '@esteira/contracts';
import type { AuditLog, CostLedger, Lineage } from '../governance/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { Tracking } from '../tracking/index.ts';

export interface PipelineDeps {
  readonly sql: SqlDatabase;
  readonly jobs: Jobs;
  readonly events: EventBus;
  readonly audit: AuditLog;
  readonly lineage: Lineage;
  readonly costs: CostLedger;
  readonly tracking: Tracking;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  /** The code and environment of this server; the environment's digest is part of every cache key. */
  readonly source: Omit<RunSource, 'seeds'> & { readonly environmentDigest: string };
  readonly stepKinds: readonly StepKind[];
  /** Seconds of processor time this process has used, worker threads included. */
  readonly cpuSeconds: () => number;
  /** Steps at work at once in this process; 4 unless given. */
  readonly stepConcurrency?: number;
}
