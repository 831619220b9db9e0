import type { RouteBinding } from '../kernel/route-binding.ts';
import { evaluationDatasetRoutes } from './datasets/evaluation-dataset-routes.ts';
import {
  createEvaluationDatasets,
  type EvaluationDatasets,
  type EvaluationDatasetsDeps,
} from './datasets/evaluation-datasets.ts';
import { evaluationImportRoutes } from './imports/evaluation-import-routes.ts';
import { createEvaluationImports } from './imports/evaluation-imports.ts';
import type { NamedExperiments } from './named-experiments.ts';
import { scorerRoutes } from './scorers/scorer-routes.ts';
import { createScorers, type Scorers, type ScorersDeps } from './scorers/scorers.ts';

export interface LlmEvaluation {
  readonly datasets: EvaluationDatasets;
  readonly scorers: Scorers;
  readonly routes: readonly RouteBinding[];
}

/** What answers of language models are judged by: examples, and what judges. */
export function createLlmEvaluation(
  deps: EvaluationDatasetsDeps & ScorersDeps & { readonly experiments: NamedExperiments },
): LlmEvaluation {
  const datasets = createEvaluationDatasets(deps);
  const scorers = createScorers(deps);
  const { experiments } = deps;
  return {
    datasets,
    scorers,
    routes: [
      ...evaluationDatasetRoutes({ datasets, experiments }),
      ...scorerRoutes({ scorers, experiments }),
      ...evaluationImportRoutes(createEvaluationImports(deps)),
    ],
  };
}
