import { type EvaluationDataset, type EvaluationRecord, evaluationDatasetsApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import {
  type NamedExperiment,
  type NamedExperiments,
  nameExperiments,
  numberOfExperiment,
} from '../named-experiments.ts';
import type { DatasetRecord } from './dataset-record.ts';
import type { EvaluationDataset as Dataset } from './evaluation-dataset-store.ts';
import type { EvaluationDatasets } from './evaluation-datasets.ts';

/** Evaluation datasets by the native API. */
export function evaluationDatasetRoutes({
  datasets,
  experiments,
}: {
  readonly datasets: EvaluationDatasets;
  readonly experiments: NamedExperiments;
}): readonly RouteBinding[] {
  async function show(workspace: string, found: readonly Dataset[]): Promise<EvaluationDataset[]> {
    const numbers = found.flatMap((dataset) => dataset.experiments);
    const named = await nameExperiments(experiments, workspace, numbers);
    return found.map((dataset) => datasetToWire(dataset, named));
  }
  async function showOne(workspace: string, found: Dataset): Promise<EvaluationDataset> {
    const named = await nameExperiments(experiments, workspace, found.experiments);
    return datasetToWire(found, named);
  }

  return [
    bindRoute(evaluationDatasetsApi.listDatasets, async ({ query }, { workspace }) => {
      const { experiment, limit, cursor } = query;
      const { items, ...rest } = await datasets.search(workspace, {
        ...(experiment === undefined
          ? {}
          : { experiments: [await numberOfExperiment(experiments, workspace, experiment)] }),
        conditions: [],
        orders: [],
        limit,
        cursor,
      });
      return { items: await show(workspace, items), ...rest };
    }),
    bindRoute(evaluationDatasetsApi.createDataset, async ({ body }, context) => {
      const { workspace } = context;
      const numbers: number[] = [];
      for (const id of body.experiments) numbers.push(await numberOfExperiment(experiments, workspace, id));
      const { name, tags } = body;
      const made = await datasets.create(context, { name, tags, experiments: numbers, userName: undefined });
      return await showOne(workspace, made);
    }),
    bindRoute(evaluationDatasetsApi.getDataset, async ({ params }, { workspace }) =>
      showOne(workspace, await datasets.find(workspace, params.id)),
    ),
    bindRoute(evaluationDatasetsApi.deleteDataset, async ({ params }, context) => {
      await datasets.find(context.workspace, params.id);
      await datasets.remove(context, params.id);
      return {};
    }),
    bindRoute(evaluationDatasetsApi.listRecords, async ({ params, query }, { workspace }) => {
      const { items, ...rest } = await datasets.records(workspace, params.id, query);
      return { items: items.map(recordToWire), ...rest };
    }),
    bindRoute(evaluationDatasetsApi.addRecords, async ({ params, body }, context) => {
      const records = body.records.map(({ outputs, source, ...record }) => ({
        ...record,
        ...(outputs === undefined ? {} : { outputs }),
        source,
        userName: undefined,
      }));
      const { inserted, updated } = await datasets.mergeRecords(context, params.id, records);
      return { added: inserted, merged: updated };
    }),
    bindRoute(evaluationDatasetsApi.deleteRecord, async ({ params }, context) => {
      await datasets.removeRecords(context, params.id, [params.record]);
      return {};
    }),
  ];
}

function datasetToWire(dataset: Dataset, named: (number: number) => NamedExperiment): EvaluationDataset {
  const { id, name, tags, records, createdBy, createdAt, updatedAt } = dataset;
  const experiments = dataset.experiments.map(named);
  return { id, name, tags: { ...tags }, experiments, records, createdBy, createdAt, updatedAt };
}

function recordToWire(record: DatasetRecord): EvaluationRecord {
  const { id, inputs, outputs, expectations, tags, source, createdAt, updatedAt } = record;
  return {
    id,
    inputs,
    outputs,
    expectations,
    tags,
    ...(source === undefined ? {} : { source: { type: source.type, data: source.data } }),
    createdAt,
    updatedAt,
  };
}
