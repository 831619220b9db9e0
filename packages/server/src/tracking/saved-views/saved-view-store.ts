import type { RunListQuestion, SavedView } from '@esteira/contracts';
import { behindKey } from '../../storage/sql/behind-key.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface ViewTables {
  saved_views: {
    id: string;
    workspace: string;
    project: string;
    created_by: string;
    name: string;
    shared: number;
    question: string;
    created_at: number;
    updated_at: number;
  };
}

/** False when its owner has one of the name in the project. */
export async function insertSavedView(
  tx: SqlTransaction,
  workspace: string,
  view: SavedView,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .query<ViewTables>()
    .insertInto('saved_views')
    .values({
      id: view.id,
      workspace,
      project: view.project ?? '',
      created_by: view.createdBy,
      name: view.name,
      shared: Number(view.shared),
      question: JSON.stringify(view.question),
      created_at: view.createdAt,
      updated_at: view.updatedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows) > 0;
}

export async function findSavedView(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<SavedView | undefined> {
  const row = await reader
    .query<ViewTables>()
    .selectFrom('saved_views')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? undefined : toView(row);
}

/** Whether the person has another view of the name in the project. */
export async function hasNamesake(tx: SqlTransaction, workspace: string, view: SavedView): Promise<boolean> {
  const row = await tx
    .query<ViewTables>()
    .selectFrom('saved_views')
    .select('id')
    .where('workspace', '=', workspace)
    .where('created_by', '=', view.createdBy)
    .where('project', '=', view.project ?? '')
    .where('name', '=', view.name)
    .where('id', '!=', view.id)
    .executeTakeFirst();
  return row !== undefined;
}

/** Those of a person and those shared, by name. */
export async function listSavedViews(
  reader: SqlReader,
  workspace: string,
  page: {
    readonly owner: string;
    /** Views of the project and those of none. */
    readonly project?: string | undefined;
    readonly after?: readonly [name: string, id: string] | undefined;
    readonly limit: number;
  },
): Promise<readonly SavedView[]> {
  let query = reader
    .query<ViewTables>()
    .selectFrom('saved_views')
    .selectAll()
    .where('workspace', '=', workspace)
    .where(({ eb, or }) => or([eb('created_by', '=', page.owner), eb('shared', '=', 1)]))
    .where(behindKey(['name', 'id'], page.after));
  if (page.project !== undefined) query = query.where('project', 'in', ['', page.project]);
  return (await query.orderBy('name').orderBy('id').limit(page.limit).execute()).map(toView);
}

export async function changeSavedView(tx: SqlTransaction, view: SavedView): Promise<void> {
  await tx
    .query<ViewTables>()
    .updateTable('saved_views')
    .set({
      name: view.name,
      shared: Number(view.shared),
      question: JSON.stringify(view.question),
      updated_at: view.updatedAt,
    })
    .where('id', '=', view.id)
    .execute();
}

export async function removeSavedView(tx: SqlTransaction, id: string): Promise<void> {
  await tx.query<ViewTables>().deleteFrom('saved_views').where('id', '=', id).execute();
}

function toView(row: ViewTables['saved_views']): SavedView {
  return {
    id: row.id,
    name: row.name,
    ...(row.project === '' ? {} : { project: row.project }),
    shared: row.shared === 1,
    question: JSON.parse(row.question) as RunListQuestion,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
