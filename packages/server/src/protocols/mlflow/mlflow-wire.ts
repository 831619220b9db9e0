import type { EvaluationDatasets, Scorers } from '../../evaluation/index.ts';
import type { WebhooksService } from '../../governance/index.ts';
import type { Wire } from '../../kernel/wire-route.ts';
import { type ArtifactDeps, artifactRoutes } from './artifacts/artifact-routes.ts';
import { datasetRoutes } from './evaluation/dataset-routes.ts';
import { scorerRoutes } from './evaluation/scorer-routes.ts';
import { refuseAsMlflow } from './refuse-as-mlflow.ts';
import { serverRoutes } from './server/server-routes.ts';
import { webhookRoutes } from './webhooks/webhook-routes.ts';

/** What the protocol is mapped onto. */
export interface MlflowDeps extends ArtifactDeps {
  readonly webhooks: WebhooksService;
  readonly evaluationDatasets: EvaluationDatasets;
  readonly scorers: Scorers;
}

/** MLflow's REST API, as its client of `mlflowVersion` speaks it: https://mlflow.org/docs/latest/rest-api.html. */
export function createMlflowWire(deps: MlflowDeps): Wire {
  return {
    name: 'mlflow',
    prefixes: ['/api/2.0/', '/api/3.0/', '/ajax-api/'],
    routes: [
      ...serverRoutes(),
      ...artifactRoutes(deps),
      ...webhookRoutes(deps),
      ...datasetRoutes(deps),
      ...scorerRoutes(deps),
    ],
    refuse: refuseAsMlflow,
  };
}
