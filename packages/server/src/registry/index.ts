import { createRegistryEvidence } from './registry-evidence.ts';
import { createRegistryRoutes } from './registry-routes.ts';
import { createRegistryService, type RegistryDeps } from './registry-service.ts';
import { createRegistrySteps } from './registry-steps.ts';

export { exampleRow } from './check-graph.ts';

/** Opens the room. */
export function createRegistry(deps: RegistryDeps) {
  const service = createRegistryService(deps);
  return {
    ...service,
    routes: createRegistryRoutes(service),
    stepKinds: createRegistrySteps(service),
    evidenceReaders: createRegistryEvidence(service),
  };
}

export { registryRetention } from './registry-retention.ts';
