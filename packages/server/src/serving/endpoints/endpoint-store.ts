import type { DesiredEndpoint, EndpointStage } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface EndpointTables {
  endpoints: {
    workspace: string;
    name: string;
    project: string;
    stage: string;
    model: string;
    twin_of: string | null;
    revision: number;
    created_by: string;
    created_at: number;
    updated_at: number;
  };
  endpoint_revisions: {
    workspace: string;
    endpoint: string;
    revision: number;
    desired: string;
    reason: string;
    change_id: string | null;
    actor: string;
    created_at: number;
  };
  serving_snapshots: { workspace: string; revision: number };
}

/** An endpoint with the state of its newest revision. */
export interface EndpointRecord {
  readonly name: string;
  readonly project: string;
  readonly stage: EndpointStage;
  readonly model: string;
  /** Set for the twin that a drill makes. */
  readonly twinOf: string | undefined;
  readonly revision: number;
  readonly desired: DesiredEndpoint;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface EndpointRevision {
  readonly revision: number;
  readonly desired: DesiredEndpoint;
  readonly reason: string;
  readonly changeId: string | null;
  readonly actor: string;
  readonly createdAt: number;
}

export async function insertEndpoint(
  tx: SqlTransaction,
  workspace: string,
  endpoint: Omit<EndpointRecord, 'desired'>,
): Promise<void> {
  await tx
    .query<EndpointTables>()
    .insertInto('endpoints')
    .values({
      workspace,
      name: endpoint.name,
      project: endpoint.project,
      stage: endpoint.stage,
      model: endpoint.model,
      twin_of: endpoint.twinOf ?? null,
      revision: endpoint.revision,
      created_by: endpoint.createdBy,
      created_at: endpoint.createdAt,
      updated_at: endpoint.updatedAt,
    })
    .execute();
}

/** Inserts a revision and makes it the endpoint's newest. */
export async function insertRevision(
  tx: SqlTransaction,
  workspace: string,
  endpoint: string,
  revision: EndpointRevision,
): Promise<void> {
  await tx
    .query<EndpointTables>()
    .insertInto('endpoint_revisions')
    .values({
      workspace,
      endpoint,
      revision: revision.revision,
      desired: JSON.stringify(revision.desired),
      reason: revision.reason,
      change_id: revision.changeId,
      actor: revision.actor,
      created_at: revision.createdAt,
    })
    .execute();
  await tx
    .query<EndpointTables>()
    .updateTable('endpoints')
    .set({ revision: revision.revision, updated_at: revision.createdAt })
    .where('workspace', '=', workspace)
    .where('name', '=', endpoint)
    .execute();
}

export async function findEndpoint(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<EndpointRecord | undefined> {
  const row = await endpointsOf(sql, workspace).where('endpoints.name', '=', name).executeTakeFirst();
  return row && toRecord(row);
}

/** Endpoints of a model, by name, twins included. */
export async function listEndpointsOf(
  sql: SqlReader,
  workspace: string,
  model: string,
): Promise<readonly EndpointRecord[]> {
  const rows = await endpointsOf(sql, workspace)
    .where('endpoints.model', '=', model)
    .orderBy('endpoints.name')
    .execute();
  return rows.map(toRecord);
}

/** By name, twins left out; `after` is the last name of the page before. */
export async function listEndpoints(
  sql: SqlReader,
  workspace: string,
  filter: { project?: string | undefined; after?: string | undefined; limit: number },
): Promise<readonly EndpointRecord[]> {
  let query = endpointsOf(sql, workspace).where('twin_of', 'is', null);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  if (filter.after !== undefined) query = query.where('name', '>', filter.after);
  return (await query.orderBy('name').limit(filter.limit).execute()).map(toRecord);
}

/** What a model server is told: every endpoint, twins included. */
export async function listServed(sql: SqlReader, workspace: string): Promise<readonly EndpointRecord[]> {
  return (await endpointsOf(sql, workspace).orderBy('name').execute()).map(toRecord);
}

/** Newest first; `before` is the last revision of the page before. */
export async function listRevisions(
  sql: SqlReader,
  workspace: string,
  filter: { endpoint: string; before?: number | undefined; limit: number },
): Promise<readonly EndpointRevision[]> {
  let query = sql
    .query<EndpointTables>()
    .selectFrom('endpoint_revisions')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('endpoint', '=', filter.endpoint);
  if (filter.before !== undefined) query = query.where('revision', '<', filter.before);
  const rows = await query.orderBy('revision', 'desc').limit(filter.limit).execute();
  return rows.map((row) => ({
    revision: row.revision,
    desired: JSON.parse(row.desired) as DesiredEndpoint,
    reason: row.reason,
    changeId: row.change_id,
    actor: row.actor,
    createdAt: row.created_at,
  }));
}

/** Takes the twin of a drill away with its revisions. */
export async function deleteTwin(tx: SqlTransaction, workspace: string, name: string): Promise<void> {
  await tx
    .query<EndpointTables>()
    .deleteFrom('endpoint_revisions')
    .where('workspace', '=', workspace)
    .where('endpoint', '=', name)
    .execute();
  await tx
    .query<EndpointTables>()
    .deleteFrom('endpoints')
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .where('twin_of', 'is not', null)
    .execute();
}

/** Workspaces that have endpoints. */
export async function listWorkspaces(sql: SqlReader): Promise<readonly string[]> {
  const rows = await sql
    .query<EndpointTables>()
    .selectFrom('endpoints')
    .select('workspace')
    .distinct()
    .orderBy('workspace')
    .execute();
  return rows.map((row) => row.workspace);
}

export async function snapshotRevision(sql: SqlReader, workspace: string): Promise<number> {
  const row = await sql
    .query<EndpointTables>()
    .selectFrom('serving_snapshots')
    .select('revision')
    .where('workspace', '=', workspace)
    .executeTakeFirst();
  return row?.revision ?? 0;
}

/** Makes model servers fetch a new snapshot. */
export async function raiseSnapshotRevision(tx: SqlTransaction, workspace: string): Promise<void> {
  await tx
    .query<EndpointTables>()
    .insertInto('serving_snapshots')
    .values({ workspace, revision: 1 })
    .onConflict((conflict) =>
      conflict
        .column('workspace')
        .doUpdateSet((set) => ({ revision: set('serving_snapshots.revision', '+', 1) })),
    )
    .execute();
}

function endpointsOf(sql: SqlReader, workspace: string) {
  return sql
    .query<EndpointTables>()
    .selectFrom('endpoints')
    .innerJoin('endpoint_revisions', (join) =>
      join
        .onRef('endpoint_revisions.workspace', '=', 'endpoints.workspace')
        .onRef('endpoint_revisions.endpoint', '=', 'endpoints.name')
        .onRef('endpoint_revisions.revision', '=', 'endpoints.revision'),
    )
    .selectAll('endpoints')
    .select('endpoint_revisions.desired')
    .where('endpoints.workspace', '=', workspace);
}

function toRecord(row: EndpointTables['endpoints'] & { desired: string }): EndpointRecord {
  return {
    name: row.name,
    project: row.project,
    stage: row.stage as EndpointStage,
    model: row.model,
    twinOf: row.twin_of ?? undefined,
    revision: row.revision,
    desired: JSON.parse(row.desired) as DesiredEndpoint,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
