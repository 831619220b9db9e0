import type { RetrainingPolicy } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';

/**
 * The policy as an actor: a service that stands for its owner, with what the owner may do now. Undefined when the owner is
 * gone or may not run pipelines any more.
 */
export async function findPolicyOwner(
  deps: Pick<MonitoringDeps, 'resolveActor'>,
  workspace: string,
  policy: Pick<RetrainingPolicy, 'name' | 'owner'>,
): Promise<Omit<RequestContext, 'requestId'> | undefined> {
  const owner = await deps.resolveActor(workspace, policy.owner.id);
  if (!owner?.permissions.has('pipelines:run')) return undefined;
  const name = `retraining policy ${policy.name} of ${owner.name}`;
  return { workspace, actor: { ...owner, kind: 'service', name } };
}
