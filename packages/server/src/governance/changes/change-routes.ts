import { changesApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { Changes } from './changes.ts';

export function changeRoutes(changes: Changes): readonly RouteBinding[] {
  return [
    bindRoute(changesApi.requestChange, ({ body }, context) => changes.request(context, body)),
    bindRoute(changesApi.changes, ({ query }, context) => changes.list(context.workspace, query)),
    bindRoute(changesApi.change, ({ params }, context) => changes.get(context.workspace, params.id)),
    bindRoute(changesApi.approveChange, ({ params, body }, context) =>
      changes.approve(context, params.id, body),
    ),
    bindRoute(changesApi.rejectChange, ({ params, body }, context) =>
      changes.reject(context, params.id, body.comment),
    ),
    bindRoute(changesApi.applyChange, ({ params }, context) => changes.apply(context, params.id)),
    bindRoute(changesApi.cancelChange, ({ params }, context) => changes.cancel(context, params.id)),
  ];
}
