import type { Jobs } from '../jobs/index.ts';
import { createFeatureStoreJobs } from './feature-store-jobs.ts';
import { createFeatureStoreRoutes } from './feature-store-routes.ts';
import { createFeatureStoreService, type FeatureStoreDeps } from './feature-store-service.ts';
import { createFeatureStoreSteps } from './feature-store-steps.ts';
import { digestOfService } from './service-digest.ts';

export { featureStoreRetention } from './feature-store-retention.ts';

/** Opens the room. */
export function createFeatureStore(deps: FeatureStoreDeps & { readonly jobs: Jobs }) {
  const service = createFeatureStoreService(deps);
  const jobs = createFeatureStoreJobs({ jobs: deps.jobs, sql: deps.sql, features: service });
  return {
    ...service,
    routes: createFeatureStoreRoutes(service, jobs),
    stepKinds: createFeatureStoreSteps(service, (workspace, name) =>
      digestOfService(deps.sql, workspace, name),
    ),
  };
}
