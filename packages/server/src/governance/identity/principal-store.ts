import { type Role, roles } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Principal } from './principal.ts';

interface PrincipalTables {
  workspaces: { workspace: string; created_at: number };
  principals: {
    id: string;
    workspace: string;
    kind: 'user' | 'service';
    name: string;
    roles: string;
    created_at: number;
    disabled_at: number | null;
    last_sign_in_at: number | null;
  };
}

export async function ensureWorkspace(tx: SqlTransaction, workspace: string, now: number): Promise<void> {
  await tx
    .query<PrincipalTables>()
    .insertInto('workspaces')
    .values({ workspace, created_at: now })
    .onConflict((conflict) => conflict.column('workspace').doNothing())
    .execute();
}

export async function listWorkspaces(sql: SqlReader): Promise<readonly string[]> {
  const rows = await sql
    .query<PrincipalTables>()
    .selectFrom('workspaces')
    .select('workspace')
    .orderBy('workspace')
    .execute();
  return rows.map((row) => row.workspace);
}

export async function insertPrincipal(tx: SqlTransaction, principal: Principal): Promise<void> {
  await tx
    .query<PrincipalTables>()
    .insertInto('principals')
    .values({
      id: principal.id,
      workspace: principal.workspace,
      kind: principal.kind,
      name: principal.name,
      roles: JSON.stringify(principal.roles),
      created_at: principal.createdAt,
      disabled_at: null,
      last_sign_in_at: null,
    })
    .execute();
}

export async function findPrincipal(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<Principal | undefined> {
  const row = await sql
    .query<PrincipalTables>()
    .selectFrom('principals')
    .selectAll()
    .where('id', '=', id)
    .where('workspace', '=', workspace)
    .executeTakeFirst();
  return row === undefined ? undefined : rowToPrincipal(row);
}

export async function findPrincipalByName(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<Principal | undefined> {
  const row = await sql
    .query<PrincipalTables>()
    .selectFrom('principals')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? undefined : rowToPrincipal(row);
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listPrincipals(
  sql: SqlReader,
  workspace: string,
  page: { limit: number; before?: string | undefined },
): Promise<readonly Principal[]> {
  let query = sql
    .query<PrincipalTables>()
    .selectFrom('principals')
    .selectAll()
    .where('workspace', '=', workspace);
  // Only the part behind the prefix (`usr_`, `svc_`) sorts by time.
  query = query.orderBy('created_at', 'desc').orderBy('id', 'desc');
  if (page.before !== undefined) {
    const last = await findPrincipal(sql, workspace, page.before);
    if (last === undefined) return [];
    query = query.where((column) =>
      column.or([
        column('created_at', '<', last.createdAt),
        column.and([column('created_at', '=', last.createdAt), column('id', '<', last.id)]),
      ]),
    );
  }
  const rows = await query.limit(page.limit).execute();
  return rows.map(rowToPrincipal);
}

/** The enabled owners, the first one first. */
export async function enabledOwners(sql: SqlReader, workspace: string): Promise<readonly Principal[]> {
  const rows = await sql
    .query<PrincipalTables>()
    .selectFrom('principals')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('kind', '=', 'user')
    .where('disabled_at', 'is', null)
    .where('roles', 'like', '%"owner"%')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(rowToPrincipal);
}

/** Writes what can change of a principal: roles, disabled, last sign-in. */
export async function updatePrincipal(tx: SqlTransaction, principal: Principal): Promise<void> {
  await tx
    .query<PrincipalTables>()
    .updateTable('principals')
    .set({
      roles: JSON.stringify(principal.roles),
      disabled_at: principal.disabledAt ?? null,
      last_sign_in_at: principal.lastSignInAt ?? null,
    })
    .where('id', '=', principal.id)
    .where('workspace', '=', principal.workspace)
    .execute();
}

function rowToPrincipal(row: PrincipalTables['principals']): Principal {
  return {
    id: row.id,
    workspace: row.workspace,
    kind: row.kind,
    name: row.name,
    roles: parseRoles(row.roles),
    disabledAt: row.disabled_at ?? undefined,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at ?? undefined,
  };
}

/** Roles as stored; one that this release no longer knows grants nothing. */
export function parseRoles(text: string): Role[] {
  const stored: unknown = JSON.parse(text);
  return Array.isArray(stored) ? roles.filter((role) => stored.includes(role)) : [];
}
