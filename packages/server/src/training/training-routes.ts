import { trainingApi } from '@esteira/contracts';
import { idBefore, pageById } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { TrainingService } from './training-service.ts';

export function createTrainingRoutes(training: TrainingService): readonly RouteBinding[] {
  return [
    bindRoute(trainingApi.trainedModels, async ({ query }, context) => {
      const { project, cursor, limit } = query;
      return pageById(
        await training.list(context.workspace, { project, before: idBefore(cursor), limit }),
        limit,
      );
    }),
    bindRoute(
      trainingApi.trainedModel,
      async ({ params }, context) => (await training.open(context.workspace, params.id)).model,
    ),
  ];
}
