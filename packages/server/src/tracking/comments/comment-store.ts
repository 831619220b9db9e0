import type { RunComment } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface CommentTables {
  run_comments: {
    id: string;
    workspace: string;
    run_id: string;
    body: string;
    created_by: string;
    author: string;
    created_at: number;
    edited_at: number | null;
  };
}

export async function insertComment(
  tx: SqlTransaction,
  workspace: string,
  comment: RunComment,
): Promise<void> {
  await tx
    .query<CommentTables>()
    .insertInto('run_comments')
    .values({
      id: comment.id,
      workspace,
      run_id: comment.runId,
      body: comment.text,
      created_by: comment.createdBy,
      author: comment.author,
      created_at: comment.createdAt,
      edited_at: null,
    })
    .execute();
}

export async function findComment(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<RunComment | undefined> {
  const row = await reader
    .query<CommentTables>()
    .selectFrom('run_comments')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? undefined : toComment(row);
}

/** Of one run, oldest first: ids sort by time. */
export async function listComments(
  reader: SqlReader,
  runId: string,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly RunComment[]> {
  let query = reader
    .query<CommentTables>()
    .selectFrom('run_comments')
    .selectAll()
    .where('run_id', '=', runId);
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  return (await query.orderBy('id').limit(page.limit).execute()).map(toComment);
}

export async function changeComment(
  tx: SqlTransaction,
  id: string,
  change: { readonly text: string; readonly editedAt: number },
): Promise<void> {
  await tx
    .query<CommentTables>()
    .updateTable('run_comments')
    .set({ body: change.text, edited_at: change.editedAt })
    .where('id', '=', id)
    .execute();
}

export async function removeComment(tx: SqlTransaction, id: string): Promise<void> {
  await tx.query<CommentTables>().deleteFrom('run_comments').where('id', '=', id).execute();
}

function toComment(row: CommentTables['run_comments']): RunComment {
  return {
    id: row.id,
    runId: row.run_id,
    text: row.body,
    createdBy: row.created_by,
    author: row.author,
    createdAt: row.created_at,
    ...(row.edited_at === null ? {} : { editedAt: row.edited_at }),
  };
}
