import { policiesApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { Policies, WorkspacePolicies } from './policies.ts';
import type { Waivers } from './waivers.ts';

export function policyRoutes(policies: Policies, waivers: Waivers): readonly RouteBinding[] {
  return [
    bindRoute(policiesApi.evaluateGates, ({ body }, context) =>
      policies.evaluate(context, body.subject, body.moment),
    ),
    bindRoute(policiesApi.effectivePolicies, async (_, context) =>
      toView(await policies.effective(context.workspace)),
    ),
    bindRoute(policiesApi.putPolicies, async ({ body }, context) =>
      toView(await policies.putOverlay(context, body)),
    ),
    bindRoute(policiesApi.requestWaiver, ({ body }, context) => waivers.request(context, body)),
    bindRoute(policiesApi.waivers, async ({ query }, context) => {
      return { items: [...(await waivers.list(context.workspace, query.project))] };
    }),
    bindRoute(policiesApi.approveWaiver, ({ params, body }, context) => {
      return waivers.approve(context, params.id, body.comment);
    }),
    bindRoute(policiesApi.rejectWaiver, ({ params, body }, context) => {
      return waivers.reject(context, params.id, body.comment);
    }),
  ];
}

function toView(policies: WorkspacePolicies) {
  return {
    policy: policies.policy,
    digest: policies.digest,
    overlayVersion: policies.overlayVersion,
    overlay: policies.overlay,
    approvals: { ...policies.approvals },
    rules: policies.rules.map(({ rule, source, disabledStages }) => {
      return { ...rule, source, disabledStages: [...disabledStages] };
    }),
  };
}
