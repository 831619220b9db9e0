import type { AllowedPickle } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { KeepingDeps } from '../register-kept.ts';
import { deleteAllowedPickle, insertAllowedPickle, listAllowedPickles } from './allowed-pickle-store.ts';

/** Files that run code while they are read, and may: an owner has looked at where they come from. */
export interface AllowedPickles {
  allowPickle(context: RequestContext, digest: string, reason: string): Promise<AllowedPickle>;
  /** Registers no further model with the file; versions that were registered stay. */
  forbidPickle(context: RequestContext, digest: string): Promise<void>;
  /** Newest first. */
  listAllowedPickles(workspace: string): Promise<readonly AllowedPickle[]>;
}

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
    listAllowedPickles: (workspace) => listAllowedPickles(sql, workspace),
  };
}
