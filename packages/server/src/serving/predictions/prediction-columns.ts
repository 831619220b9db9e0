import type { ModelSignature } from '@esteira/contracts';
import { quoteIdentifier } from '../../storage/tables/table-engine.ts';

/** Columns of every row of the prediction log, with the fields of a spooled line they come from. */
const columns: readonly { readonly name: string; readonly type: string; readonly from: string }[] = [
  { name: 'prediction_id', type: 'VARCHAR', from: 'p' },
  { name: 'request_id', type: 'VARCHAR', from: 'q' },
  { name: 'row_index', type: 'INTEGER', from: 'i' },
  { name: 'at', type: 'BIGINT', from: '"at"' },
  { name: 'event_time', type: 'BIGINT', from: 'et' },
  { name: 'time', type: 'BIGINT', from: 'coalesce(et, "at")' },
  { name: 'endpoint', type: 'VARCHAR', from: 'e' },
  { name: 'revision', type: 'INTEGER', from: 'r' },
  { name: 'arm', type: 'VARCHAR', from: 'a' },
  { name: 'model_version_id', type: 'VARCHAR', from: 'm' },
  { name: 'entity_key', type: 'VARCHAR', from: 'k' },
  { name: 'unit', type: 'VARCHAR', from: 'u' },
  { name: 'latency_ms', type: 'DOUBLE', from: 'l' },
  { name: 'status', type: 'VARCHAR', from: 'st' },
  { name: 'error_code', type: 'VARCHAR', from: 'c' },
  { name: 'label_pred', type: 'DOUBLE', from: 'try_cast(y as double)' },
  { name: 'score', type: 'DOUBLE', from: 'v' },
  // What request policies did: a JSON text of feature → clamp or impute.
  { name: 'policies_applied', type: 'VARCHAR', from: 'h' },
  // Where online features came from: a JSON text of name → status and age.
  { name: 'online_features', type: 'VARCHAR', from: 'o' },
  // Of an answer in pieces that came to its end.
  { name: 'pieces', type: 'INTEGER', from: 'pc' },
  // The model was not asked: an equal question had been answered.
  { name: 'cached', type: 'BOOLEAN', from: 'ca' },
];

/** The fields of a spooled line, for the reader of JSON lines. */
export const spooledFields =
  "{'n': 'BIGINT', 'p': 'VARCHAR', 'q': 'VARCHAR', 'i': 'INTEGER', 'b': 'VARCHAR', 'at': 'BIGINT', 'et': 'BIGINT', 'e': 'VARCHAR', " +
  "'r': 'INTEGER', 'a': 'VARCHAR', 'm': 'VARCHAR', 's': 'VARCHAR', 'k': 'VARCHAR', 'u': 'VARCHAR', 'l': 'DOUBLE', 'st': 'VARCHAR', " +
  "'c': 'VARCHAR', 'y': 'VARCHAR', 'v': 'DOUBLE', 'x': 'DOUBLE[]', 't': 'VARCHAR[]', 'h': 'VARCHAR', 'o': 'VARCHAR', 'pc': 'INTEGER', 'ca': 'BOOLEAN'}";

/** Select list that turns spooled lines into rows of the log; features by their names in the signature, `f_` before. */
export function selectList(signature: ModelSignature | undefined): string {
  const list = columns.map((column) => `${column.from} as ${quoteIdentifier(column.name)}`);
  let numbers = 0;
  let texts = 0;
  for (const feature of signature?.features ?? []) {
    const value = feature.type === 'number' ? `x[${++numbers}]` : `t[${++texts}]`;
    list.push(`${value} as ${quoteIdentifier(`f_${feature.name}`)}`);
  }
  return list.join(', ');
}

/** A table of these columns without rows. */
export function emptyTable(): string {
  const list = columns.map((column) => `null::${column.type} as ${quoteIdentifier(column.name)}`);
  return `(select ${list.join(', ')} where false)`;
}
