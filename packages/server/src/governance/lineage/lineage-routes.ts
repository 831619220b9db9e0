import { lineageApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { Lineage } from './lineage.ts';

export function lineageRoutes(lineage: Lineage): readonly RouteBinding[] {
  return [
    bindRoute(lineageApi.lineage, ({ params, query }, context) => {
      const { workspace } = context;
      if (query.direction === 'upstream') return lineage.upstream(workspace, params, query.depth);
      if (query.direction === 'downstream') return lineage.downstream(workspace, params, query.depth);
      return lineage.around(workspace, params, query.depth);
    }),
  ];
}
