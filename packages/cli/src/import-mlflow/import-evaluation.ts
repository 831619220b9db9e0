import { createHash } from 'node:crypto';
import { canonicalText } from './canonical-text.ts';
import type { SourceEvaluationRecord } from './mlflow-source.ts';
import { countEvaluationDataset, evaluationRecordsOf } from './rest-evaluation.ts';
import { sendInBatches } from './send-in-batches.ts';
import type { ThingsImport } from './things-import.ts';

/** Moves evaluation datasets with their records, tags and experiments, and compares every record. */
export async function importEvaluationDatasets({
  source,
  target,
  tally,
  experiments,
  onProgress,
}: ThingsImport): Promise<void> {
  let done = 0;
  for await (const { experimentKeys, ...dataset } of source.evaluationDatasets()) {
    const ids = experimentKeys.flatMap((key) => experiments.get(key)?.id ?? []);
    await target?.client.imports.evaluationDatasets({ body: { items: [{ ...dataset, experiments: ids }] } });
    const digests = new Map<string, string>();
    for await (const page of source.evaluationRecords(dataset.id)) {
      for (const record of page) digests.set(record.id, digestOf(record));
      const items = page.map((record) => ({ ...record, datasetId: dataset.id }));
      await sendInBatches(
        items,
        async (batch) => void (await target?.client.imports.evaluationRecords({ body: { items: batch } })),
      );
    }
    tally.count('evaluation-dataset', dataset.id, {
      tags: (dataset.tags ?? []).length,
      experiments: experimentKeys.length,
      records: digests.size,
      content: digests.size,
    });
    if (target !== undefined) {
      let equal = 0;
      for await (const page of evaluationRecordsOf(target.rest, dataset.id))
        for (const record of page) if (digests.get(record.id) === digestOf(record)) equal++;
      const counts = await countEvaluationDataset(target.rest, dataset.id);
      tally.found('evaluation-dataset', dataset.id, { ...counts, content: equal });
    }
    done++;
    onProgress({ step: 'evaluation datasets', done });
  }
}

/** Of all that a record says; a data set may have very many. */
function digestOf(record: SourceEvaluationRecord): string {
  return createHash('sha256').update(canonicalText(record)).digest('base64');
}
