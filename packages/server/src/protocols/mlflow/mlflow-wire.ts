import type { EvaluationDatasets, Scorers } from '../../evaluation/index.ts';
import type { WebhooksService } from '../../governance/index.ts';
import type { Wire } from '../../kernel/wire-route.ts';
import { type ArtifactDeps, artifactRoutes } from './artifacts/artifact-routes.ts';
import { datasetRoutes } from './evaluation/dataset-routes.ts';
import { scorerRoutes } from './evaluation/scorer-routes.ts';
import { type LoggedModelWireDeps, loggedModelRoutes } from './logged-models/logged-model-routes.ts';
import { refuseAsMlflow } from './refuse-as-mlflow.ts';
import { withFrozenFiles } from './registry/frozen-files.ts';
import { type RegistryWireDeps, registryWireRoutes } from './registry/registry-wire-routes.ts';
import { serverRoutes } from './server/server-routes.ts';
import { inOwnWorkspace, workspaceRoutes } from './server/workspace-routes.ts';
import { type IssueWireDeps, issueRoutes } from './traces/issue-routes.ts';
import { traceRoutes } from './traces/trace-routes.ts';
import type { TraceWireDeps } from './traces/trace-search-page.ts';
import { type TrackingWireDeps, trackingRoutes } from './tracking/tracking-routes.ts';
import { webhookRoutes } from './webhooks/webhook-routes.ts';

/** What the protocol is mapped onto. */
export type MlflowDeps = TrackingWireDeps &
  ArtifactDeps &
  RegistryWireDeps &
  LoggedModelWireDeps &
  TraceWireDeps &
  IssueWireDeps & {
    readonly webhooks: WebhooksService;
    readonly evaluationDatasets: EvaluationDatasets;
    readonly scorers: Scorers;
  };

/** MLflow's REST API, as its client of `mlflowVersion` speaks it: https://mlflow.org/docs/latest/rest-api.html. */
export function createMlflowWire(deps: MlflowDeps): Wire {
  return {
    name: 'mlflow',
    prefixes: ['/api/2.0/', '/api/3.0/', '/ajax-api/'],
    routes: [
      ...serverRoutes(),
      ...[
        ...workspaceRoutes(),
        ...trackingRoutes(deps),
        ...artifactRoutes({ ...deps, artifacts: withFrozenFiles(deps.artifacts, deps.registry) }),
        ...loggedModelRoutes(deps),
        ...registryWireRoutes(deps),
        ...traceRoutes(deps),
        ...issueRoutes(deps),
        ...webhookRoutes(deps),
        ...datasetRoutes(deps),
        ...scorerRoutes(deps),
      ].map(inOwnWorkspace),
    ],
    refuse: refuseAsMlflow,
  };
}
