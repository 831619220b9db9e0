import type { AllowedPickle } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { type Page, type PageRequest, pagesByKey } from '../../kernel/paging.ts';
import type { KeepingDeps } from '../register-kept.ts';
import { deleteAllowedPickle, insertAllowedPickle, listAllowedPickles } from './allowed-pickle-store.ts';

/** Files that run code while they are read, and may: an owner has looked at where they come from. */
export interface AllowedPickles {
  allowPickle(context: RequestContext, digest: string, reason: string): Promise<AllowedPickle>;
  /** Registers no further model with the file; versions that were registered stay. */
  forbidPickle(context: RequestContext, digest: string): Promise<void>;
  /** In the order of their digests. Throws INVALID_REQUEST for a cursor of another list. */
  listAllowedPickles(workspace: string, page: PageRequest): Promise<Page<AllowedPickle>>;
}

const pages = pagesByKey('allowed-pickles', ['string'], ({ digest }: AllowedPickle) => [digest] as const);

export function createAllowedPickles(deps: Pick<KeepingDeps, 'sql' | 'audit' | 'clock'>): AllowedPickles {
  const { sql, audit, clock } = deps;
  return {
    async allowPickle(context, digest, reason) {
      const pickle = { digest, reason, allowedBy: context.actor.id, allowedAt: clock.now() };
      await sql.transaction(async (tx) => {
        await insertAllowedPickle(tx, context.workspace, pickle);
        await audit.record(tx, context, {
          action: 'registry.pickle.allowed',
          subject: { kind: 'blob', id: digest },
          details: { reason },
        });
      });
      return pickle;
    },
    async forbidPickle(context, digest) {
      await sql.transaction(async (tx) => {
        await deleteAllowedPickle(tx, context.workspace, digest);
        await audit.record(tx, context, {
          action: 'registry.pickle.forbidden',
          subject: { kind: 'blob', id: digest },
          details: {},
        });
      });
    },
    async listAllowedPickles(workspace, { cursor, limit }) {
      const [after] = pages.keyBehind(cursor) ?? [];
      const behind = after === undefined ? {} : { after };
      return pages.of(await listAllowedPickles(sql, workspace, { ...behind, limit: limit + 1 }), limit);
    },
  };
}
