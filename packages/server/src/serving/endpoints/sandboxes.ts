import { type DesiredEndpoint, SandboxLimits, type SandboxUse } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { addCallers, countCallers } from './caller-store.ts';
import type { EndpointRecord } from './endpoint-store.ts';
import type { EndpointsDeps, EndpointsService } from './endpoints-service.ts';

/** Watches that endpoints in development stay what they are for: many callers on many days make production of one. */
export interface Sandboxes {
  /** Takes in callers that a model server has counted; reports an endpoint at its threshold, freezes it at the next. */
  count(
    context: RequestContext,
    endpoint: string,
    callers: readonly { day: string; caller: string }[],
  ): Promise<void>;
  /** Throws ENDPOINT_NOT_FOUND, SANDBOX_ONLY. */
  use(workspace: string, endpoint: string): Promise<SandboxUse>;
  /** Sets the limits; an endpoint that is within them again answers again. Throws as `use`. */
  setLimits(context: RequestContext, endpoint: string, limits: SandboxLimits): Promise<SandboxUse>;
}

const dayMs = 24 * 60 * 60 * 1000;
const daysLookedAt = 14;
const usual = SandboxLimits.parse({});

export function createSandboxes(
  deps: Pick<EndpointsDeps, 'sql' | 'clock' | 'audit' | 'events'> & {
    readonly endpoints: Pick<EndpointsService, 'find' | 'require' | 'revise'>;
  },
): Sandboxes {
  const { sql, clock, endpoints } = deps;

  async function measure(workspace: string, { name, desired }: EndpointRecord): Promise<SandboxUse> {
    const limits = desired.sandbox ?? usual;
    const days = await countCallers(sql, workspace, name, dayOf(clock.now() - (daysLookedAt - 1) * dayMs));
    const busyDays = days.filter(({ callers }) => callers >= limits.callersPerDay).length;
    return { endpoint: name, limits, days: [...days], busyDays, frozen: desired.frozen ?? null };
  }

  async function requireSandbox(workspace: string, name: string): Promise<EndpointRecord> {
    const endpoint = await endpoints.require(workspace, name);
    if (endpoint.stage !== 'development')
      throw esteiraError('SANDBOX_ONLY', { endpoint: name, stage: endpoint.stage });
    return endpoint;
  }

  async function report(
    context: RequestContext,
    { endpoint, busyDays, limits }: SandboxUse,
    frozen: boolean,
  ): Promise<void> {
    await sql.transaction(async (tx) => {
      await deps.audit.record(tx, context, {
        action: frozen ? 'serving.sandbox.frozen' : 'serving.sandbox.reported',
        subject: { kind: 'endpoint', id: endpoint },
        details: { busyDays, ...limits },
      });
      await deps.events.emit(tx, context, 'endpoint.overused', { endpoint, busyDays, frozen });
    });
  }

  return {
    async count(context, name, callers) {
      if (callers.length === 0) return;
      const { workspace } = context;
      const endpoint = await endpoints.find(workspace, name);
      if (endpoint?.stage !== 'development' || endpoint.twinOf !== undefined) return;
      const before = await measure(workspace, endpoint);
      await sql.transaction((tx) => addCallers(tx, workspace, name, callers));
      const now = await measure(workspace, endpoint);
      const { reportAfterDays, freezeAfterDays } = now.limits;
      if (now.busyDays >= freezeAfterDays && endpoint.desired.frozen === undefined) {
        await endpoints.revise(context, name, {
          change: (desired) => ({ ...desired, frozen: { reason: whyFrozen(now), at: clock.now() } }),
          reason: 'frozen: it is used like production',
        });
        await report(context, now, true);
      } else if (before.busyDays < reportAfterDays && now.busyDays >= reportAfterDays) {
        await report(context, now, false);
      }
    },

    use: async (workspace, name) => await measure(workspace, await requireSandbox(workspace, name)),

    async setLimits(context, name, limits) {
      const { workspace } = context;
      const endpoint = await requireSandbox(workspace, name);
      const within = await measure(workspace, {
        ...endpoint,
        desired: { ...endpoint.desired, sandbox: limits },
      });
      await endpoints.revise(context, name, {
        change: (desired) => {
          const { frozen, ...rest }: DesiredEndpoint = desired;
          const stays = within.busyDays >= limits.freezeAfterDays;
          return { ...rest, sandbox: limits, ...(stays && frozen !== undefined ? { frozen } : {}) };
        },
        reason: `sandbox limits set to ${limits.callersPerDay} callers on ${limits.freezeAfterDays} days`,
      });
      return await measure(workspace, await requireSandbox(workspace, name));
    },
  };
}

function whyFrozen({ busyDays, limits }: SandboxUse): string {
  return `it had ${limits.callersPerDay} or more callers on ${busyDays} of the last ${daysLookedAt} days, as production has`;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
