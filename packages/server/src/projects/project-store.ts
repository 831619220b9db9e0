import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Project, ProjectRecord } from './project.ts';

interface ProjectTables {
  projects: {
    id: string;
    workspace: string;
    name: string;
    revision: number;
    record: string;
    created_at: number;
    updated_at: number;
  };
  project_revisions: {
    workspace: string;
    project: string;
    revision: number;
    record: string;
    actor: string;
    at: number;
  };
}

export interface ProjectRevision {
  readonly revision: number;
  /** From when on it was in force, ms. */
  readonly at: number;
  readonly actor: string;
  readonly record: Project;
}

export async function insertProject(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  project: Project,
): Promise<void> {
  await tx
    .query<ProjectTables>()
    .insertInto('projects')
    .values({ id, ...toRow(workspace, project) })
    .execute();
}

export async function updateProject(tx: SqlTransaction, workspace: string, project: Project): Promise<void> {
  await tx
    .query<ProjectTables>()
    .updateTable('projects')
    .set(toRow(workspace, project))
    .where('workspace', '=', workspace)
    .where('name', '=', project.name)
    .execute();
}

export async function insertRevision(
  tx: SqlTransaction,
  workspace: string,
  project: Project,
  actor: string,
): Promise<void> {
  await tx
    .query<ProjectTables>()
    .insertInto('project_revisions')
    .values({
      workspace,
      project: project.name,
      revision: project.revision,
      record: JSON.stringify(project),
      actor,
      at: project.updatedAt,
    })
    .execute();
}

export async function findProject(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<Project | undefined> {
  const row = await sql
    .query<ProjectTables>()
    .selectFrom('projects')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** Newest first; `before` is the `createdAt` and name of the last one of the page before. */
export async function listProjects(
  sql: SqlReader,
  workspace: string,
  page: { limit: number; before?: { createdAt: number; name: string } | undefined },
): Promise<readonly Project[]> {
  const { before } = page;
  let query = sql
    .query<ProjectTables>()
    .selectFrom('projects')
    .selectAll()
    .where('workspace', '=', workspace);
  if (before) {
    query = query.where((column) =>
      column.or([
        column('created_at', '<', before.createdAt),
        column.and([column('created_at', '=', before.createdAt), column('name', '>', before.name)]),
      ]),
    );
  }
  const rows = await query.orderBy('created_at', 'desc').orderBy('name').limit(page.limit).execute();
  return rows.map(fromRow);
}

/** Every version of the record, oldest first. */
export async function listRevisions(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<readonly ProjectRevision[]> {
  const rows = await sql
    .query<ProjectTables>()
    .selectFrom('project_revisions')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('project', '=', name)
    .orderBy('revision')
    .execute();
  return rows.map(({ revision, at, actor, record }) => {
    return { revision, at, actor, record: JSON.parse(record) as Project };
  });
}

function toRow(workspace: string, project: Project): Omit<ProjectTables['projects'], 'id'> {
  const { name, revision, createdAt, updatedAt, ...record } = project;
  return {
    workspace,
    name,
    revision,
    record: JSON.stringify(record),
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

function fromRow(row: ProjectTables['projects']): Project {
  const record = JSON.parse(row.record) as ProjectRecord;
  return {
    ...record,
    name: row.name,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
