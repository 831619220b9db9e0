import type { RunComment } from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import { type Page, pagesByKey } from '../../kernel/paging.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { assertRunNotHeld, existingRun, writableRun } from '../writable-run.ts';
import { changeComment, findComment, insertComment, listComments, removeComment } from './comment-store.ts';

/** What people say about runs. */
export interface RunComments {
  /** Throws RUN_NOT_FOUND. */
  list(
    context: RequestContext,
    runId: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<RunComment>>;
  /** Throws RUN_NOT_FOUND, RUN_DELETED. */
  add(context: RequestContext, runId: string, text: string): Promise<RunComment>;
  /** Throws COMMENT_NOT_FOUND, COMMENT_NOT_YOURS, RUN_DELETED, LEGAL_HOLD. */
  edit(context: RequestContext, id: string, text: string): Promise<RunComment>;
  /** Throws what `edit` does. */
  remove(context: RequestContext, id: string): Promise<void>;
}

interface RunCommentsDeps {
  readonly sql: SqlDatabase;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

const pages = pagesByKey('run-comments', ['string'], ({ id }: { readonly id: string }) => [id]);

export function createRunComments(deps: RunCommentsDeps): RunComments {
  const { sql, clock } = deps;

  async function record(
    tx: SqlTransaction,
    context: RequestContext,
    action: 'added' | 'edited' | 'deleted',
    comment: RunComment,
  ): Promise<void> {
    await deps.audit.record(tx, context, {
      action: `tracking.comment.${action}`,
      subject: { kind: 'run', id: comment.runId },
      details: { comment: comment.id },
    });
  }

  return {
    async list(context, runId, { limit, cursor }) {
      await existingRun(sql, context, runId);
      const [after] = pages.keyBehind(cursor) ?? [];
      return pages.of(await listComments(sql, runId, { after, limit: limit + 1 }), limit);
    },
    add: (context, runId, text) =>
      sql.transaction(async (tx) => {
        await writableRun(tx, context, runId);
        const { actor } = context;
        const comment: RunComment = {
          id: deps.ids.next('cmt'),
          runId,
          text,
          createdBy: actor.id,
          author: actor.name,
          createdAt: clock.now(),
        };
        await insertComment(tx, context.workspace, comment);
        await record(tx, context, 'added', comment);
        return comment;
      }),
    edit: (context, id, text) =>
      sql.transaction(async (tx) => {
        const comment = await ownComment(tx, context, id);
        if (comment.text === text) return comment;
        const editedAt = clock.now();
        await changeComment(tx, id, { text, editedAt });
        await record(tx, context, 'edited', comment);
        return { ...comment, text, editedAt };
      }),
    remove: (context, id) =>
      sql.transaction(async (tx) => {
        const comment = await ownComment(tx, context, id);
        await removeComment(tx, id);
        await record(tx, context, 'deleted', comment);
      }),
  };
}

async function ownComment(tx: SqlTransaction, context: RequestContext, id: string): Promise<RunComment> {
  const comment = await findComment(tx, context.workspace, id);
  if (comment === undefined) throw esteiraError('COMMENT_NOT_FOUND', { id });
  if (comment.createdBy !== context.actor.id) throw esteiraError('COMMENT_NOT_YOURS', { id });
  await assertRunNotHeld(tx, context, await writableRun(tx, context, comment.runId));
  return comment;
}
