import { createTrainingRoutes } from './training-routes.ts';
import { createTrainingService, type TrainingDeps } from './training-service.ts';
import { type BestParameters, createTrainingSteps } from './training-steps.ts';

export { callTrainer } from './fit-model.ts';
export { loadTrainingData, type TrainingData } from './training-data.ts';
export { trainingRetention } from './training-retention.ts';
export { declaredFeatures, type OpenTrainedModel, type TrainingService } from './training-service.ts';

/** Opens the room. `bestParameters` answers from the tuning room, which stands to the right. */
export function createTraining(deps: TrainingDeps & { readonly bestParameters: BestParameters }) {
  const service = createTrainingService(deps);
  return {
    ...service,
    routes: createTrainingRoutes(service),
    stepKinds: createTrainingSteps(service, deps.bestParameters),
  };
}
