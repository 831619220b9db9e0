import type { AuditLog, Lineage } from '../governance/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Projects } from '../projects/index.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { TableEngine } from '../storage/tables/table-engine.ts';

/** What the room is given. */
export interface DatasetsDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  readonly jobs: Jobs;
  readonly events: EventBus;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly lineage: Pick<Lineage, 'link' | 'upstream'>;
  readonly projects: Pick<Projects, 'reach'>;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}
