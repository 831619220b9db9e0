import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import { quoteLiteral } from '../../storage/tables/table-engine.ts';
import type { LabelPart } from './label-store.ts';

const noLabels =
  '(select null::varchar as prediction_id, null::double as label, null::bigint as label_at, null::bigint as "time", null::bigint as seq where false)';

/**
 * SQL for a FROM clause: one row per prediction, with the label given last. Columns `prediction_id`, `label` (a number, see
 * `readLabel`), `label_at`, `time` (of the prediction, null while unknown), `seq`.
 */
export async function latestLabels(
  blobs: Pick<BlobStore, 'localFile'>,
  parts: readonly LabelPart[],
): Promise<string> {
  if (parts.length === 0) return noLabels;
  const files: string[] = [];
  for (const part of parts) files.push(quoteLiteral(await blobs.localFile(part.digest)));
  return (
    '(select prediction_id, arg_max(label, seq) as label, arg_max(label_at, seq) as label_at, ' +
    `max("time") as "time", max(seq) as seq from read_parquet([${files.join(', ')}]) group by prediction_id)`
  );
}
