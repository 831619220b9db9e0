import { createEvaluationEvidence } from './evaluation-evidence.ts';
import { createEvaluationRoutes } from './evaluation-routes.ts';
import { createEvaluationService, type EvaluationDeps } from './evaluation-service.ts';
import { createEvaluationSteps } from './evaluation-steps.ts';

export {
  type DatasetRecord,
  type GivenRecord,
  type RecordSource,
  recordSourceTypes,
} from './datasets/dataset-record.ts';
export type { DatasetField } from './datasets/dataset-search.ts';
export type { EvaluationDataset } from './datasets/evaluation-dataset-store.ts';
export type { EvaluationDatasets } from './datasets/evaluation-datasets.ts';
export { evaluationRetention } from './evaluation-retention.ts';
export { createLlmEvaluation } from './llm-evaluation.ts';
export { purgeExperimentScorers } from './purge-experiment.ts';
export { problemOfDefinition } from './scorers/scorer-definition.ts';
export type { ScorerVersion } from './scorers/scorer-store.ts';
export type { Scorers } from './scorers/scorers.ts';

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
