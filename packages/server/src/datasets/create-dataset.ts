import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import { type Dataset, findDataset, insertDataset } from './dataset-store.ts';
import type { DatasetsDeps } from './datasets-deps.ts';

export interface DatasetRequest {
  readonly name: string;
  readonly project?: string | undefined;
  readonly description: string;
}

/** Throws DATASET_EXISTS. */
export async function createDataset(
  deps: DatasetsDeps,
  context: RequestContext,
  request: DatasetRequest,
): Promise<Dataset> {
  return deps.sql.transaction(async (tx) => {
    const { name } = request;
    if ((await findDataset(tx, context.workspace, name)) !== undefined)
      throw esteiraError('DATASET_EXISTS', { name });
    const dataset: Dataset = {
      id: deps.ids.next('ds'),
      name,
      project: request.project,
      description: request.description,
      contractVersion: undefined,
      createdAt: deps.clock.now(),
      createdBy: context.actor.id,
    };
    await insertDataset(tx, context.workspace, dataset);
    await deps.audit.record(tx, context, {
      action: 'datasets.dataset.created',
      subject: { kind: 'dataset', id: dataset.id },
      details: { name, project: dataset.project ?? null },
    });
    return dataset;
  });
}
