import type { JsonValue } from '@esteira/contracts';
import { systemActor } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { EsteiraError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { EventBus } from '../../storage/events/event-bus.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { primaryVersion } from './desired-endpoint.ts';
import { listEndpointsOf } from './endpoint-store.ts';

export interface FollowDeps {
  readonly sql: SqlReader;
  readonly logger: Logger;
  readonly events: Pick<EventBus, 'subscribe'>;
  readonly changes: {
    requestOnce(
      context: RequestContext,
      request: { kind: string; subject: JsonValue },
    ): Promise<{ id: string; state: string }>;
    apply(context: RequestContext, id: string): Promise<unknown>;
  };
  readonly registry: {
    versionOfAlias(
      workspace: string,
      model: string,
      alias: string,
    ): Promise<{ id: string; checked: unknown } | undefined>;
    inspectVersion(context: RequestContext, id: string): Promise<unknown>;
  };
}

/**
 * Endpoints that follow an alias get its version by a change like any other when it moves: in development the change is
 * applied at once, in staging and production it waits for its gates and approvals. What cannot be served leaves the
 * endpoint as it is.
 */
export function followAliases(deps: FollowDeps): void {
  deps.events.subscribe('registry.alias.set', 'serving.follow', async ({ id, workspace, payload }) => {
    const { model, alias } = payload;
    const context: RequestContext = { workspace, actor: systemActor, requestId: id };
    for (const endpoint of await listEndpointsOf(deps.sql, workspace, model)) {
      if (endpoint.desired.follow?.alias !== alias) continue;
      // Where it stands by now: it may have moved again.
      const version = await deps.registry.versionOfAlias(workspace, model, alias);
      if (version === undefined || primaryVersion(endpoint.desired) === version.id) continue;
      try {
        if (version.checked === undefined) await deps.registry.inspectVersion(context, version.id);
        await promote(deps, context, endpoint, version.id);
      } catch (error) {
        if (!(error instanceof EsteiraError) || error.code === 'CHANGE_STATE_CONFLICT') throw error;
        deps.logger.warn(
          { err: error, endpoint: endpoint.name, alias },
          'an endpoint cannot follow its alias',
        );
      }
    }
  });
}

async function promote(
  deps: FollowDeps,
  context: RequestContext,
  { name, stage }: { name: string; stage: string },
  modelVersionId: string,
): Promise<void> {
  const atOnce = stage === 'development';
  const subject = {
    endpoint: name,
    modelVersionId,
    ...(atOnce
      ? { rollout: { shadowRequests: 0, canaryShares: [], requestsPerStep: 10, maxMinutes: 5 } }
      : {}),
  };
  const change = await deps.changes.requestOnce(context, { kind: 'serving.promote', subject });
  if (atOnce && change.state === 'approved') await deps.changes.apply(context, change.id);
}
