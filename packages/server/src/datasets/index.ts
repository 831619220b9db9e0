import type { IngestResult, JsonValue } from '@esteira/contracts';
import type { EvidenceReader } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import { createSafeSql } from '../storage/tables/safe-sql.ts';
import type { ContractVersion } from './contracts/contract-store.ts';
import { saveContract } from './contracts/save-contract.ts';
import { validateVersion } from './contracts/validate-data.ts';
import type { ValidationRun } from './contracts/validation-run-store.ts';
import { createDataset, type DatasetRequest } from './create-dataset.ts';
import { datasetEvidence, type VersionValidation, validationOf } from './dataset-evidence.ts';
import { datasetSteps } from './dataset-steps.ts';
import { type Dataset, findDataset } from './dataset-store.ts';
import type { DatasetsDeps } from './datasets-deps.ts';
import { registerDatasetJobs } from './datasets-jobs.ts';
import { datasetsRoutes } from './datasets-routes.ts';
import { type LandFileRequest, landFile } from './landing/land-file.ts';
import type { LandedFile } from './landing/landed-file-store.ts';
import { createSplit } from './splits/create-split.ts';
import { type OpenSplit, openSplit } from './splits/open-split.ts';
import type { SplitRequest } from './splits/split-record.ts';
import type { Split } from './splits/split-store.ts';
import { type DatasetVersion, findVersion } from './versions/dataset-version-store.ts';
import { type IngestProgress, type IngestRequest, ingest } from './versions/ingest.ts';
import { type OpenDataset, openVersion } from './versions/open-version.ts';
import { type DerivedRequest, registerDerived } from './versions/register-derived.ts';

export { datasetsRetention } from './datasets-retention.ts';
export type { OpenSplit } from './splits/open-split.ts';
export type { OpenDataset } from './versions/open-version.ts';

/** The room datasets: what landed, versions of it, contracts, validation runs, splits. */
export interface Datasets {
  create(context: RequestContext, request: DatasetRequest): Promise<Dataset>;
  landFile(context: RequestContext, request: LandFileRequest): Promise<LandedFile>;
  saveContract(
    context: RequestContext,
    request: { dataset: string; document: JsonValue },
  ): Promise<ContractVersion>;
  /** Runs an ingestion at once; requests of people go through the job `datasets.ingest`. */
  ingest(context: RequestContext, request: IngestRequest, run: IngestProgress): Promise<IngestResult>;
  validate(
    context: RequestContext,
    request: { versionId: string; contract?: number | 'latest' | undefined },
  ): Promise<ValidationRun>;
  split(context: RequestContext, versionId: string, request: SplitRequest): Promise<Split>;
  registerDerived(context: RequestContext, request: DerivedRequest): Promise<DatasetVersion>;
  /** Id of the newest version of a dataset; undefined before the first. */
  latestVersionId(workspace: string, dataset: string): Promise<string | undefined>;
  /** Throws DATASET_VERSION_NOT_FOUND. */
  open(workspace: string, versionId: string): Promise<OpenDataset>;
  /** Throws SPLIT_NOT_FOUND. */
  openSplit(workspace: string, splitId: string): Promise<OpenSplit>;
  /** By which contract a version was validated, and whether it was loosened for it. */
  validationOf(workspace: string, versionId: string): Promise<VersionValidation | undefined>;
  readonly stepKinds: readonly StepKind[];
  readonly evidenceReaders: readonly EvidenceReader[];
  readonly routes: readonly RouteBinding[];
}

export function createDatasets(deps: DatasetsDeps): Datasets {
  const safeSql = createSafeSql(deps);
  registerDatasetJobs(deps);
  return {
    create: (context, request) => createDataset(deps, context, request),
    landFile: (context, request) => landFile(deps, context, request),
    saveContract: async (context, request) => (await saveContract(deps, safeSql, context, request)).contract,
    ingest: (context, request, run) => ingest(deps, context, request, run),
    validate: (context, request) => validateVersion(deps, context, request),
    split: (context, versionId, request) => createSplit(deps, context, versionId, request),
    registerDerived: (context, request) => registerDerived(deps, context, request),
    async latestVersionId(workspace, name) {
      const dataset = await findDataset(deps.sql, workspace, name);
      return dataset && (await findVersion(deps.sql, dataset.id, {}))?.id;
    },
    open: (workspace, versionId) => openVersion(deps, workspace, versionId),
    openSplit: (workspace, splitId) => openSplit(deps, workspace, splitId),
    validationOf: (workspace, versionId) => validationOf(deps, workspace, versionId),
    stepKinds: datasetSteps(deps),
    evidenceReaders: datasetEvidence(deps),
    routes: datasetsRoutes(deps, safeSql),
  };
}
