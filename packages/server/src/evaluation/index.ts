import { createEvaluationEvidence } from './evaluation-evidence.ts';
import { createEvaluationRoutes } from './evaluation-routes.ts';
import { createEvaluationService, type EvaluationDeps } from './evaluation-service.ts';
import { createEvaluationSteps } from './evaluation-steps.ts';

/** Opens the room. */
export function createEvaluation(deps: EvaluationDeps) {
  const service = createEvaluationService(deps);
  return {
    ...service,
    routes: createEvaluationRoutes(service),
    stepKinds: createEvaluationSteps(service),
    evidenceReaders: createEvaluationEvidence(service),
  };
}

export { evaluationRetention } from './evaluation-retention.ts';
