import type { ModelExamples, ServableVersion } from '@esteira/contracts';
import type { AuditLog, CostRates, Policies } from '../../governance/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { TableEngine } from '../../storage/tables/table-engine.ts';
import type { DataPlane } from '../data-plane/data-plane-service.ts';
import type { EndpointsDeps, EndpointsService } from '../endpoints/endpoints-service.ts';
import type { ServingNews } from '../news.ts';

/** What rollouts need of the room and of the rooms to its left. */
export interface RolloutDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly news: ServingNews;
  readonly endpoints: EndpointsService;
  readonly dataPlane: DataPlane;
  readonly policies: Pick<Policies, 'evaluate' | 'approvalsFor'>;
  readonly costRates: CostRates;
  readonly projects: EndpointsDeps['projects'] & {
    find(workspace: string, name: string): Promise<{ sla: { p95Ms: number } } | undefined>;
  };
  readonly registry: {
    findVersion(workspace: string, id: string): Promise<ServableVersion | undefined>;
    examples(version: ServableVersion): Promise<ModelExamples>;
  };
}
