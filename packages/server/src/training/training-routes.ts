import { trainingApi } from '@esteira/contracts';
import { pagesById } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { TrainingService } from './training-service.ts';

const pages = pagesById('trained-models');

export function createTrainingRoutes(training: TrainingService): readonly RouteBinding[] {
  return [
    bindRoute(trainingApi.trainedModels, async ({ query }, context) => {
      const { project, cursor, limit } = query;
      const filter = { project, ...pages.before(cursor), limit: limit + 1 };
      return pages.of(await training.list(context.workspace, filter), limit);
    }),
    bindRoute(
      trainingApi.trainedModel,
      async ({ params }, context) => (await training.open(context.workspace, params.id)).model,
    ),
  ];
}
