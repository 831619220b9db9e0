import type { RunListQuestion, SavedView } from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import { type Page, pagesByKey } from '../../kernel/paging.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { parseRunField, parseRunFilter, parseRunOrder } from '../run-filter.ts';
import {
  changeSavedView,
  findSavedView,
  hasNamesake,
  insertSavedView,
  listSavedViews,
  removeSavedView,
} from './saved-view-store.ts';

/** Views of lists of runs that people keep under a name. */
export interface SavedViews {
  list(
    context: RequestContext,
    page: {
      readonly project?: string | undefined;
      readonly limit: number;
      readonly cursor?: string | undefined;
    },
  ): Promise<Page<SavedView>>;
  /** Throws SAVED_VIEW_EXISTS, and RUN_FILTER_INVALID for a question that nobody could ask. */
  save(context: RequestContext, view: NewView): Promise<SavedView>;
  /** Throws SAVED_VIEW_NOT_FOUND, SAVED_VIEW_NOT_YOURS, SAVED_VIEW_EXISTS, RUN_FILTER_INVALID. */
  update(context: RequestContext, id: string, change: ViewChange): Promise<SavedView>;
  /** Throws SAVED_VIEW_NOT_FOUND, SAVED_VIEW_NOT_YOURS. */
  remove(context: RequestContext, id: string): Promise<void>;
}

interface NewView {
  readonly name: string;
  readonly project?: string | undefined;
  readonly shared: boolean;
  readonly question: RunListQuestion;
}

interface ViewChange {
  readonly name?: string | undefined;
  readonly shared?: boolean | undefined;
  readonly question?: RunListQuestion | undefined;
}

interface SavedViewsDeps {
  readonly sql: SqlDatabase;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

const pages = pagesByKey(
  'saved-views',
  ['string', 'string'],
  ({ name, id }: { readonly name: string; readonly id: string }) => [name, id],
);

export function createSavedViews(deps: SavedViewsDeps): SavedViews {
  const { sql, clock } = deps;

  /** What everybody sees is on record; what a person keeps for themselves is nobody else's business. */
  async function record(
    tx: SqlTransaction,
    context: RequestContext,
    action: 'shared' | 'changed' | 'deleted',
    view: SavedView,
  ): Promise<void> {
    await deps.audit.record(tx, context, {
      action: `tracking.saved-view.${action}`,
      subject: { kind: 'saved-view', id: view.id },
      details: { name: view.name },
    });
  }

  return {
    async list({ workspace, actor }, { project, limit, cursor }) {
      const after = pages.keyBehind(cursor);
      const rows = await listSavedViews(sql, workspace, {
        owner: actor.id,
        project,
        after,
        limit: limit + 1,
      });
      return pages.of(rows, limit);
    },
    async save(context, { name, project, shared, question }) {
      assertAskable(question);
      const now = clock.now();
      const view: SavedView = {
        id: deps.ids.next('view'),
        name,
        ...(project === undefined ? {} : { project }),
        shared,
        question,
        createdBy: context.actor.id,
        createdAt: now,
        updatedAt: now,
      };
      return await sql.transaction(async (tx) => {
        if (!(await insertSavedView(tx, context.workspace, view)))
          throw esteiraError('SAVED_VIEW_EXISTS', { name });
        if (shared) await record(tx, context, 'shared', view);
        return view;
      });
    },
    async update(context, id, { name, shared, question }) {
      if (question !== undefined) assertAskable(question);
      return await sql.transaction(async (tx) => {
        const found = await ownView(tx, context, id);
        const view: SavedView = {
          ...found,
          ...(name === undefined ? {} : { name }),
          ...(shared === undefined ? {} : { shared }),
          ...(question === undefined ? {} : { question }),
          updatedAt: clock.now(),
        };
        if (await hasNamesake(tx, context.workspace, view))
          throw esteiraError('SAVED_VIEW_EXISTS', { name: view.name });
        await changeSavedView(tx, view);
        if (found.shared || view.shared) await record(tx, context, 'changed', view);
        return view;
      });
    },
    remove: (context, id) =>
      sql.transaction(async (tx) => {
        const view = await ownView(tx, context, id);
        await removeSavedView(tx, id);
        if (view.shared) await record(tx, context, 'deleted', view);
      }),
  };
}

/** A view that is kept for somebody else does not exist. */
async function ownView(tx: SqlTransaction, context: RequestContext, id: string): Promise<SavedView> {
  const view = await findSavedView(tx, context.workspace, id);
  const isOwn = view?.createdBy === context.actor.id;
  if (view === undefined || (!isOwn && !view.shared)) throw esteiraError('SAVED_VIEW_NOT_FOUND', { id });
  if (!isOwn) throw esteiraError('SAVED_VIEW_NOT_YOURS', { id });
  return view;
}

function assertAskable({ filter, order, group, columns = [] }: RunListQuestion): void {
  if (filter !== undefined) parseRunFilter(filter);
  if (order !== undefined) parseRunOrder(order);
  if (group !== undefined) parseRunField(group);
  for (const { field } of columns) parseRunField(field);
}
