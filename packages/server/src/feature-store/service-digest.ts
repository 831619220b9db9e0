import { canonicalDigest } from '../governance/index.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { findDefinition } from './definition-store.ts';
import type { ServiceBody } from './training-set-sql.ts';

/** One digest over a service and the views it reads as they are now; of nothing when the service is unknown. */
export async function digestOfService(sql: SqlReader, workspace: string, name: string): Promise<string> {
  const service = await findDefinition<ServiceBody>(sql, workspace, 'feature-service', name);
  const views: string[] = [];
  for (const view of new Set(service?.body.features.map((use) => use.view))) {
    views.push((await findDefinition(sql, workspace, 'feature-view', view))?.digest ?? '');
  }
  return canonicalDigest([service?.digest ?? '', ...views]);
}
