import type { TrackingImports } from '../tracking/index.ts';
import { conversionRoutes } from './conversion/conversion-routes.ts';
import { type ConversionPlace, createConversions } from './conversion/conversions.ts';
import { describeLoggedModel } from './describe-logged-model.ts';
import { importRoutes } from './imports/import-routes.ts';
import type { ImportDeps } from './imports/import-version.ts';
import { createRegistryImports } from './imports/registry-imports.ts';
import { createLabelChange } from './label-change.ts';
import { createLabels } from './labels.ts';
import { createRegistryEvidence } from './registry-evidence.ts';
import { createRegistryRoutes } from './registry-routes.ts';
import { createRegistryService, type RegistryDeps } from './registry-service.ts';
import { createRegistrySteps } from './registry-steps.ts';

export { exampleRow } from './check-graph.ts';
export type { VersionSources } from './register-kept.ts';
export { registryRetention } from './registry-retention.ts';
export type { ModelColumn, RegistryCondition, RegistryOrder, VersionColumn } from './registry-search.ts';
export type { RegistryService } from './registry-service.ts';
export type { LabelledVersion } from './version-label-store.ts';
export type { Folder } from './version-store.ts';
export { versionFromExperiment } from './version-store.ts';

/** Opens the room. `currency` is that of the ledger: what a change of labels costs is nothing, in it. */
export function createRegistry(deps: RegistryDeps & { readonly currency: string }) {
  const service = createRegistryService(deps);
  return {
    ...service,
    changeKinds: { label: createLabelChange({ ...deps, labels: createLabels(deps) }) },
    routes: createRegistryRoutes(service),
    stepKinds: createRegistrySteps(service),
    evidenceReaders: createRegistryEvidence(service),
    describeLoggedModel: (workspace: string, id: string) => describeLoggedModel(deps, workspace, id),
    /** Routes by which estimators become graphs. Registers a job: call it before jobs start. */
    conversionRoutes: (place: ConversionPlace) =>
      conversionRoutes(createConversions({ ...deps, ...place, inspections: service })),
  };
}

/** Routes of what another tracker's history is moved in by: imports of the registry come after those of tracking. */
export function createImportRoutes(tracking: TrackingImports, deps: ImportDeps) {
  return importRoutes(tracking, createRegistryImports(deps));
}
