import { backupsApi } from './backups.ts';
import { datasetsApi } from './datasets.ts';
import { evaluationApi } from './evaluation.ts';
import { evaluationDatasetsApi } from './evaluation-datasets.ts';
import { featureStoreApi } from './feature-store.ts';
import { governanceApi } from './governance.ts';
import { importsApi } from './imports.ts';
import { issuesApi } from './issues.ts';
import { jobsApi } from './jobs.ts';
import { llmApi } from './llm.ts';
import { loggedModelsApi } from './logged-models.ts';
import { monitoringApi } from './monitoring.ts';
import { pipelinesApi } from './pipelines.ts';
import { projectsApi } from './projects.ts';
import { registryApi } from './registry.ts';
import { installationApi } from './replicas.ts';
import { runCommentsApi } from './run-comments.ts';
import { runListsApi } from './run-lists.ts';
import { savedViewsApi } from './saved-views.ts';
import { scorersApi } from './scorers.ts';
import { servingApi } from './serving.ts';
import { trackingApi } from './tracking.ts';
import { trainingApi } from './training.ts';
import { tuningApi } from './tuning.ts';

/** Every operation of the control plane by room; the typed client has the same shape. */
export const api = {
  governance: governanceApi,
  jobs: jobsApi,
  installation: { ...installationApi, ...backupsApi },
  projects: projectsApi,
  datasets: datasetsApi,
  tracking: { ...trackingApi, ...loggedModelsApi, ...runListsApi, ...savedViewsApi, ...runCommentsApi },
  featureStore: featureStoreApi,
  training: trainingApi,
  evaluation: { ...evaluationApi, ...evaluationDatasetsApi, ...scorersApi },
  tuning: tuningApi,
  pipelines: pipelinesApi,
  registry: registryApi,
  serving: servingApi,
  monitoring: monitoringApi,
  llm: { ...llmApi, ...issuesApi },
  imports: importsApi,
} as const;
