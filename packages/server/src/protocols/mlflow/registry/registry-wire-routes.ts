import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { CreateVersionDeps } from './create-version.ts';
import { modelVersionRoutes } from './model-version-routes.ts';
import { registeredModelRoutes } from './registered-model-routes.ts';

export type RegistryWireDeps = CreateVersionDeps;

/** The model registry, with prompts. */
export function registryWireRoutes(deps: RegistryWireDeps): readonly WireRoute[] {
  return [...registeredModelRoutes(deps.registry), ...modelVersionRoutes(deps)];
}
