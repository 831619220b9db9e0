import { datasetsApi, type JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import { blobDownload } from '../storage/blobs/blob-download.ts';
import type { SafeSql } from '../storage/tables/safe-sql.ts';
import { checkContract } from './contracts/check-contract.ts';
import { diffContracts } from './contracts/contract-diff.ts';
import { existingContract, listContracts } from './contracts/contract-store.ts';
import { parseContract } from './contracts/parse-contract.ts';
import { saveContract, soundRules } from './contracts/save-contract.ts';
import { describeThreshold } from './contracts/threshold.ts';
import {
  existingValidationRun,
  latestValidation,
  listValidationRuns,
} from './contracts/validation-run-store.ts';
import { createDataset } from './create-dataset.ts';
import { datasetById, existingDataset, listDatasets } from './dataset-store.ts';
import type { DatasetsDeps } from './datasets-deps.ts';
import {
  viewContract,
  viewDataset,
  viewFile,
  viewSplit,
  viewValidation,
  viewVersion,
} from './datasets-views.ts';
import { landFile } from './landing/land-file.ts';
import { listLandedFiles } from './landing/landed-file-store.ts';
import { existingSplit } from './splits/split-store.ts';
import { existingVersion, listVersions, profileOf, sourcesOf } from './versions/dataset-version-store.ts';
import { openVersion } from './versions/open-version.ts';

/** The routes of the room. */
export function datasetsRoutes(deps: DatasetsDeps, safeSql: SafeSql): readonly RouteBinding[] {
  return [
    ...datasetRoutes(deps),
    ...landingRoutes(deps),
    ...contractRoutes(deps, safeSql),
    ...versionRoutes(deps),
    ...splitRoutes(deps),
  ];
}

function datasetRoutes(deps: DatasetsDeps): readonly RouteBinding[] {
  const { sql } = deps;
  return [
    bindRoute(datasetsApi.create, async ({ body }, context) => {
      return viewDataset(sql, await createDataset(deps, context, body));
    }),
    bindRoute(datasetsApi.list, async ({ query }, { workspace }) => {
      const page = await listDatasets(sql, workspace, query.project, query);
      const items = await Promise.all(page.items.map((dataset) => viewDataset(sql, dataset)));
      return { ...page, items };
    }),
    bindRoute(datasetsApi.get, async ({ params }, { workspace }) => {
      return viewDataset(sql, await existingDataset(sql, workspace, params.name));
    }),
  ];
}

function landingRoutes(deps: DatasetsDeps): readonly RouteBinding[] {
  const { sql } = deps;
  return [
    bindRoute(datasetsApi.landFile, async ({ params, query, body }, context) => {
      const { format, fileName } = query;
      const file = await landFile(deps, context, { dataset: params.name, fileName, format, bytes: body });
      return viewFile(file, params.name);
    }),
    bindRoute(datasetsApi.listFiles, async ({ params, query }, { workspace }) => {
      const dataset = await existingDataset(sql, workspace, params.name);
      const page = await listLandedFiles(sql, dataset.id, query);
      return { ...page, items: page.items.map((file) => viewFile(file, dataset.name)) };
    }),
  ];
}

function contractRoutes(deps: DatasetsDeps, safeSql: SafeSql): readonly RouteBinding[] {
  const { sql } = deps;
  return [
    bindRoute(datasetsApi.putContract, async ({ params, body }, context) => {
      const request = { dataset: params.name, document: body.document };
      const { contract, findings } = await saveContract(deps, safeSql, context, request);
      return { ...viewContract(contract, params.name), document: contract.document, findings: [...findings] };
    }),
    bindRoute(datasetsApi.listContracts, async ({ params, query }, { workspace }) => {
      const dataset = await existingDataset(sql, workspace, params.name);
      const page = await listContracts(sql, dataset.id, query);
      return { ...page, items: page.items.map((contract) => viewContract(contract, dataset.name)) };
    }),
    bindRoute(datasetsApi.getContract, async ({ params }, { workspace }) => {
      const dataset = await existingDataset(sql, workspace, params.name);
      const contract = await existingContract(sql, dataset, params.version);
      const { findings } = parseContract(contract.document, dataset.name);
      return {
        ...viewContract(contract, dataset.name),
        document: contract.document,
        findings: [...findings],
      };
    }),
    bindRoute(datasetsApi.lintContract, async ({ body }) => {
      const { rules, findings } = await checkContract(safeSql, body.document, body.dataset);
      const checks = (rules?.checks ?? []).map(({ id, title, threshold, unit }) => {
        return { id, title, accepted: describeThreshold(threshold, unit === 'value' ? '' : unit) };
      });
      return { valid: rules !== undefined, findings: [...findings], checks };
    }),
    bindRoute(datasetsApi.diffContracts, async ({ body }) => {
      const before = soundRules(parseContract(body.before, body.dataset));
      const after = soundRules(parseContract(body.after, body.dataset));
      const differences = [...diffContracts(before, after)];
      return {
        breaking: differences.some((difference) => difference.breaking),
        looser: differences.some((difference) => difference.direction === 'looser'),
        differences,
      };
    }),
    bindRoute(datasetsApi.listValidationRuns, async ({ params, query }, { workspace }) => {
      const dataset = await existingDataset(sql, workspace, params.name);
      const page = await listValidationRuns(sql, dataset.id, query);
      return { ...page, items: page.items.map((run) => viewValidation(run, dataset.name)) };
    }),
    bindRoute(datasetsApi.getValidationRun, async ({ params }, { workspace }) => {
      const run = await existingValidationRun(sql, workspace, params.id);
      const dataset = await datasetById(sql, workspace, run.datasetId);
      const { checks, documented, unexpectedColumns, sample } = run.validation;
      return {
        ...viewValidation(run, dataset.name),
        checks: [...checks],
        documented: [...documented],
        unexpectedColumns: [...unexpectedColumns],
        sample: [...sample],
      };
    }),
  ];
}

function versionRoutes(deps: DatasetsDeps): readonly RouteBinding[] {
  const { sql } = deps;
  return [
    bindRoute(datasetsApi.ingest, async ({ params, body }, context) => {
      await existingDataset(sql, context.workspace, params.name);
      return enqueue(deps, context, 'datasets.ingest', { ...body, dataset: params.name });
    }),
    bindRoute(datasetsApi.listVersions, async ({ params, query }, { workspace }) => {
      const dataset = await existingDataset(sql, workspace, params.name);
      const page = await listVersions(sql, dataset.id, query);
      return { ...page, items: page.items.map((version) => viewVersion(version, dataset.name)) };
    }),
    bindRoute(datasetsApi.getVersion, async ({ params }, { workspace }) => {
      const version = await existingVersion(sql, workspace, params.id);
      const dataset = await datasetById(sql, workspace, version.datasetId);
      const run = await latestValidation(sql, workspace, version.id);
      return {
        ...viewVersion(version, dataset.name),
        profile: await profileOf(sql, workspace, version.id),
        parents: [...(await sourcesOf(sql, workspace, version.id))],
        ...(run === undefined ? {} : { validation: viewValidation(run, dataset.name) }),
      };
    }),
    bindRoute(datasetsApi.preview, async ({ params, query }, { workspace }) => {
      const opened = await openVersion(deps, workspace, params.id);
      const rows = await deps.tables.query(`SELECT * FROM ${opened.from} LIMIT ${query.rows}`);
      return { columns: [...opened.columns], rows: rows as Record<string, JsonValue>[] };
    }),
    bindRoute(datasetsApi.download, async ({ params, query }, { workspace }) => {
      const version = await existingVersion(sql, workspace, params.id);
      const dataset = await datasetById(sql, workspace, version.datasetId);
      const [file] = await deps.blobs.getDirectory(version.digest);
      if (file === undefined) throw esteiraError('BLOB_NOT_FOUND', { digest: version.digest });
      return await blobDownload(deps.blobs, file, {
        contentType: 'application/vnd.apache.parquet',
        fileName: `${dataset.name}-v${version.number}.parquet`,
        redirect: query.redirect,
      });
    }),
  ];
}

function splitRoutes(deps: DatasetsDeps): readonly RouteBinding[] {
  return [
    bindRoute(datasetsApi.split, async ({ params, body }, context) => {
      await existingVersion(deps.sql, context.workspace, params.id);
      return enqueue(deps, context, 'datasets.split', { versionId: params.id, request: body });
    }),
    bindRoute(datasetsApi.getSplit, async ({ params }, { workspace }) => {
      return viewSplit(await existingSplit(deps.sql, workspace, params.id));
    }),
  ];
}

async function enqueue(
  deps: DatasetsDeps,
  context: RequestContext,
  kind: string,
  work: object,
): Promise<{ jobId: string }> {
  // Parsed requests may hold keys without a value, which JSON does not know.
  const payload = JSON.parse(JSON.stringify(work)) as JsonValue;
  const jobId = await deps.sql.transaction((tx) => deps.jobs.enqueue(tx, context, { kind, payload }));
  return { jobId };
}
