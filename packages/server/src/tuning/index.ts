import { createTuningRoutes } from './tuning-routes.ts';
import type { TuningService } from './tuning-service.ts';
import { createTuningSteps, type TuningStepDeps } from './tuning-steps.ts';

export { createTuningService } from './tuning-service.ts';

/** Opens the room's doors upward. The service is made first, because training asks it for the best parameters. */
export function createTuning(deps: TuningStepDeps) {
  const service: TuningService = deps.tuning;
  return { ...service, routes: createTuningRoutes(service), stepKinds: createTuningSteps(deps) };
}
