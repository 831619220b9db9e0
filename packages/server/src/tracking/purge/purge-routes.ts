import { trackingApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import { createPurge, type PurgeDeps } from './purge.ts';

/** What removes tracked things for good. Apart from the room, for all rooms are asked what they keep. */
export function createPurgeRoutes(deps: PurgeDeps): readonly RouteBinding[] {
  const purge = createPurge(deps);
  return [
    bindRoute(trackingApi.purgeRun, async ({ params }, context) => {
      const { id, name } = await purge.run(context, params.id);
      return { id, name };
    }),
    bindRoute(trackingApi.purgeExperiment, async ({ params }, context) => {
      const { experiment, runs } = await purge.experiment(context, params.id);
      return { id: experiment.id, name: experiment.name, runs };
    }),
  ];
}
