import type { EsteiraClient } from '@esteira/sdk';
import type { MlflowRest } from './mlflow-rest.ts';
import type { MlflowSource } from './mlflow-source.ts';
import { countEvaluationDataset } from './rest-evaluation.ts';
import { sendInBatches } from './send-in-batches.ts';
import type { Tally } from './tally.ts';

/** Experiments as they are in Esteira, by their ids in MLflow. */
export type TakenExperiments = ReadonlyMap<
  string,
  { readonly id: string; readonly number: number; readonly deleted: boolean }
>;

export interface EvaluationImport {
  readonly source: MlflowSource;
  /** Undefined when everything is counted only. */
  readonly target: { readonly client: EsteiraClient; readonly rest: MlflowRest } | undefined;
  readonly tally: Tally;
  readonly experiments: TakenExperiments;
  readonly onProgress: (progress: { readonly step: string; readonly done: number }) => void;
}

/** Moves evaluation datasets with their records, tags and experiments. Returns what is worth knowing. */
export async function importEvaluationDatasets({
  source,
  target,
  tally,
  experiments,
  onProgress,
}: EvaluationImport): Promise<readonly string[]> {
  if (source.evaluation === undefined)
    return [
      'evaluation datasets and scorers are read from a running server alone: import once more with --from http://…',
    ];
  let done = 0;
  for await (const { experimentKeys, ...dataset } of source.evaluation.datasets()) {
    const ids = experimentKeys.flatMap((key) => experiments.get(key)?.id ?? []);
    await target?.client.imports.evaluationDatasets({ body: { items: [{ ...dataset, experiments: ids }] } });
    let records = 0;
    for await (const page of source.evaluation.records(dataset.id)) {
      const items = page.map((record) => ({ ...record, datasetId: dataset.id }));
      await sendInBatches(
        items,
        async (batch) => void (await target?.client.imports.evaluationRecords({ body: { items: batch } })),
      );
      records += page.length;
    }
    tally.count('evaluation-dataset', dataset.id, {
      tags: (dataset.tags ?? []).length,
      experiments: experimentKeys.length,
      records,
    });
    if (target !== undefined)
      tally.found('evaluation-dataset', dataset.id, await countEvaluationDataset(target.rest, dataset.id));
    done++;
    onProgress({ step: 'evaluation datasets', done });
  }
  return [];
}
