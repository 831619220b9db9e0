import type { Endpoint, Evaluation, JsonValue, ModelVersion } from '@esteira/contracts';
import type { Datasets } from '../datasets/index.ts';
import type { AuditLog, CostLedger, Lineage } from '../governance/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Actor, RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { PipelineReader, Pipelines } from '../pipelines/index.ts';
import type { Projects } from '../projects/index.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { TableEngine } from '../storage/tables/table-engine.ts';

/** What monitoring asks of serving: what is served, and what was answered. */
interface MonitoredServing {
  endpoint(workspace: string, name: string): Promise<MonitoredEndpoint | undefined>;
  readonly predictions: {
    /** Rows whose `time` lies in [from, to), in ms, as something to select from. */
    open(
      workspace: string,
      endpoint: string,
      range: { readonly from: number; readonly to: number },
    ): Promise<{ readonly from: string; readonly files: readonly string[] }>;
  };
}

export interface MonitoredEndpoint {
  readonly name: string;
  readonly project: string;
  readonly stage: Endpoint['stage'];
  readonly desired: { readonly arms: Endpoint['desired']['arms'] };
}

export interface MonitoringDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly jobs: Pick<Jobs, 'register' | 'enqueue'>;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly lineage: Pick<Lineage, 'link'>;
  readonly costs: Pick<CostLedger, 'total' | 'rates'>;
  readonly projects: Pick<Projects, 'reach'>;
  readonly datasets: Pick<Datasets, 'open' | 'openSplit'>;
  readonly serving: MonitoredServing;
  readonly registry: { findVersion(workspace: string, id: string): Promise<ModelVersion | undefined> };
  readonly evaluation: { find(workspace: string, id: string): Promise<Evaluation | undefined> };
  readonly training: {
    open(workspace: string, id: string): Promise<{ model: { id: string; digest: string } }>;
  };
  readonly pipelines: Pick<Pipelines, 'start'> & {
    readonly reader: Pick<PipelineReader, 'findRun' | 'listRuns' | 'steps'>;
  };
  readonly changes: {
    request(
      context: RequestContext,
      request: { kind: string; subject: JsonValue },
    ): Promise<{ readonly id: string; readonly state: string }>;
  };
  readonly resolveActor: (workspace: string, actorId: string) => Promise<Actor | undefined>;
  /** News within this time lead to one evaluation, ms; 5 s unless given. */
  readonly debounceMs?: number;
}
