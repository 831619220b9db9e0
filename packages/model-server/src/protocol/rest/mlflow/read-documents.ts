import { invalidRequest } from '../../../inference-error.ts';
import type { CallPlan } from '../../call/call-plan.ts';
import { isRecord } from '../../call/table.ts';
import type { Tensor } from '../../tensor.ts';

/** Whether the model is asked by a JSON document: it is one of MLflow's agents. */
export function takesDocument({ signature }: CallPlan): boolean {
  return signature.python?.form === 'document';
}

/** The document as the model takes it; it says itself what it makes of it. */
export function documentTensor({ signature }: CallPlan, document: unknown): Tensor {
  return {
    name: signature.inputs[0]?.name ?? '',
    datatype: 'BYTES',
    shape: [1],
    data: [JSON.stringify(document)],
  };
}

/**
 * The one document in what stands in a field of a scoring request: itself, the only one of a list, or the only row of a table.
 * Throws INVALID_INFERENCE_REQUEST.
 */
export function onlyDocument(value: unknown): unknown {
  const documents = isRecord(value) && Array.isArray(value.data) ? rowsAsRecords(value) : value;
  if (!Array.isArray(documents)) return documents;
  if (documents.length !== 1)
    throw invalidRequest(`an agent answers one request at a time; there are ${documents.length}`);
  return documents[0];
}

function rowsAsRecords({ columns, data }: Readonly<Record<string, unknown>>): unknown {
  if (!Array.isArray(data) || !Array.isArray(columns)) return data;
  if (!columns.every((name) => typeof name === 'string'))
    throw invalidRequest('the columns of dataframe_split are not a list of names');
  return data.map((row: unknown) => {
    if (!Array.isArray(row) || row.length !== columns.length)
      throw invalidRequest(`a row of dataframe_split is not a list of ${columns.length} values`);
    return Object.fromEntries(columns.map((name, position) => [name, row[position]]));
  });
}
