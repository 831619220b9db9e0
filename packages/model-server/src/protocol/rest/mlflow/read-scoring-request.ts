import { isUtf8 } from 'node:buffer';
import type { CallTensor, TensorSignature } from '@esteira/contracts';
import type { EndpointState } from '../../../engine/endpoint-state.ts';
import { inferenceError, invalidRequest } from '../../../inference-error.ts';
import { type CallPlan, callPlan } from '../../call/call-plan.ts';
import { fillColumns } from '../../call/fill-columns.ts';
import { parseCsv } from '../../call/parse-csv.ts';
import { flatColumns } from '../../call/read-batch.ts';
import { isRecord, type Table, tableOfColumns, tableOfRecords, tableOfRows } from '../../call/table.ts';
import { tensorsOfInputs, tensorsOfRecords, tensorsOfTable } from '../../call/tensor-inputs.ts';
import { describeValue } from '../../describe-value.ts';
import type { InferRequest } from '../../infer-request.ts';
import type { Tensor } from '../../tensor.ts';
import { parseJsonBody, parseJsonToHandOn } from '../parse-json.ts';
import type { ModelCall } from '../wire.ts';
import { checkParams } from './check-params.ts';
import { documentTensor, onlyDocument, takesDocument } from './read-documents.ts';
import { readNumericRows } from './read-numeric-rows.ts';
import { readSplitRows, tableMatrix } from './read-split-rows.ts';

/** How predictions are written: a row per record, a list per output, or the one document of an agent. */
type PredictionsForm = 'records' | 'tensors' | 'document';

const fields = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;
const unwrappedFields = ['messages', 'prompt', 'input'] as const;

/**
 * Reads a scoring request of MLflow: JSON with exactly one of `dataframe_split`, `dataframe_records`, `instances` and
 * `inputs` beside `params`, or CSV with a header row, by the types of the signature. Throws INFERENCE_MEDIA_TYPE and
 * INVALID_INFERENCE_REQUEST.
 */
export function readScoringRequest(body: Buffer, { endpoint, headers }: ModelCall): InferRequest {
  const plan = callPlan(endpoint);
  const type = readMediaType(headers['content-type']);
  const matrix = type === 'text/csv' ? undefined : onlyMatrix(plan);
  const numeric = matrix && readNumericRows(body, matrix);
  if (numeric !== undefined) return toRequest(plan, { form: 'tensors', inputs: [numeric] });
  const table = type === 'text/csv' ? undefined : tableMatrix(plan);
  const split = table && readSplitRows(body, table);
  if (split !== undefined) return toRequest(plan, { form: 'records', inputs: [split] });
  if (!isUtf8(body))
    throw invalidRequest('the body is not UTF-8; ensure that the input is valid JSON or CSV text');
  if (type === 'text/csv') return toRequest(plan, fromTable(plan, parseCsv(body.toString('utf8'))));
  const document = parseScoringBody(body, endpoint);
  const request = readDocument(plan, document);
  return asksForStream(document) ? { ...request, stream: {} } : request;
}

/** The body as JSON; what an agent is asked is handed on to it as it came. */
export function parseScoringBody(body: Buffer, endpoint: EndpointState): unknown {
  return takesDocument(callPlan(endpoint)) ? parseJsonToHandOn(body) : parseJsonBody(body);
}

/** Throws INVALID_INFERENCE_REQUEST for a word that says neither. */
function asksForStream(document: unknown): boolean {
  const { stream } = isRecord(document) ? document : {};
  if (stream === undefined || stream === null) return false;
  if (typeof stream === 'boolean') return stream;
  throw invalidRequest(`stream is ${describeValue(stream)}, neither true nor false`);
}

/** The same with a document that is parsed already. */
export function readScoringDocument(document: unknown, { endpoint, headers }: ModelCall): InferRequest {
  readMediaType(headers['content-type']);
  return readDocument(callPlan(endpoint), document);
}

function readDocument(plan: CallPlan, document: unknown): InferRequest {
  if (!isRecord(document)) {
    throw invalidRequest(`${exactlyOne}; the body is ${Array.isArray(document) ? 'a list' : 'no object'}`);
  }
  const given = fields.filter((field) => Object.hasOwn(document, field));
  const unwrapped = unwrappedFields.some((field) => Object.hasOwn(document, field));
  if (given.length === 0 && unwrapped) {
    const columns = { ...document };
    for (const { name } of plan.params) delete columns[name];
    if (!takesColumn(plan, 'stream')) delete columns.stream;
    const inputs = takesDocument(plan) ? fromDocument(plan, columns) : fromInputs(plan, columns);
    return toRequest(plan, inputs, 'unwrapped');
  }
  const [field] = given;
  if (field === undefined || given.length > 1) {
    const names = Object.keys(document).slice(0, 10).join(', ');
    throw invalidRequest(`${exactlyOne}; the body has ${names === '' ? 'none' : names.slice(0, 200)}`);
  }
  if (takesDocument(plan)) return toRequest(plan, fromDocument(plan, onlyDocument(document[field])));
  checkParams(plan.params, document.params);
  return toRequest(plan, readers[field](plan, document[field]));
}

function takesColumn({ takes }: CallPlan, name: string): boolean {
  return takes.kind === 'columns' && takes.columns.some((column) => column.name === name);
}

/** Whether a document has a field by which the protocol tells what it is. */
export function isScoringDocument(document: unknown): boolean {
  const known = [...fields, ...unwrappedFields];
  return isRecord(document) && known.some((field) => Object.hasOwn(document, field));
}

const exactlyOne = `the body must be a JSON object with exactly one of the fields ${fields.join(', ')}`;

interface ReadInputs {
  readonly form: PredictionsForm;
  readonly inputs: readonly Tensor[];
}

const readers: Readonly<Record<(typeof fields)[number], (plan: CallPlan, value: unknown) => ReadInputs>> = {
  dataframe_split(plan, value) {
    if (!isRecord(value)) throw invalidRequest('dataframe_split is not an object with columns and data');
    const unknown = Object.keys(value).find((key) => !['columns', 'index', 'data'].includes(key));
    if (unknown !== undefined) {
      throw invalidRequest(
        `dataframe_split has the field ${unknown.slice(0, 40)}; it takes columns, index and data`,
      );
    }
    const { data, index } = value;
    if (!Array.isArray(data)) throw invalidRequest('dataframe_split has no data: a list of rows');
    if (index !== undefined && index !== null && (!Array.isArray(index) || index.length !== data.length))
      throw invalidRequest('the index of dataframe_split is not a list with one element per row');
    return fromTable(plan, tableOfRows(readNames(value.columns, data), data));
  },
  dataframe_records(plan, value) {
    if (!Array.isArray(value)) throw invalidRequest('dataframe_records is not a list of records');
    return fromTable(plan, tableOfRecords(value));
  },
  instances(plan, value) {
    if (!Array.isArray(value)) throw invalidRequest('instances is not a list with one element per row');
    if (value.length > 0 && value.every(isRecord)) {
      return plan.takes.kind === 'columns'
        ? fromTable(plan, tableOfRecords(value))
        : { form: 'tensors', inputs: tensorsOfRecords(plan.signature, plan.takes.tensors, value) };
    }
    return fromInputs(plan, value);
  },
  inputs: fromInputs,
};

function fromDocument(plan: CallPlan, document: unknown): ReadInputs {
  return { form: 'document', inputs: [documentTensor(plan, document)] };
}

function readNames(columns: unknown, data: readonly unknown[]): string[] {
  if (columns === undefined || columns === null) {
    const [first] = data;
    return Array.isArray(first) ? first.map((_, position) => String(position)) : [];
  }
  if (!Array.isArray(columns)) throw invalidRequest('the columns of dataframe_split are not a list of names');
  return columns.map((name: unknown) => {
    if (typeof name !== 'string' && typeof name !== 'number')
      throw invalidRequest('the columns of dataframe_split are not a list of names');
    return String(name);
  });
}

function fromTable(plan: CallPlan, table: Table): ReadInputs {
  if (plan.takes.kind === 'columns') return { form: 'records', inputs: fillColumns(plan, table) };
  return { form: 'tensors', inputs: tensorsOfTable(plan.signature, plan.takes.tensors, table) };
}

/** Columns or tensors by name, or what stands for the only one of them. */
function fromInputs(plan: CallPlan, value: unknown): ReadInputs {
  const { takes, signature } = plan;
  if (takes.kind === 'tensors')
    return { form: 'tensors', inputs: tensorsOfInputs(signature, takes.tensors, value) };
  if (isRecord(value)) {
    const required = new Set(takes.columns.filter((column) => column.required).map(({ name }) => name));
    // A model without words of its own takes the inputs of its graph, which are matrices of one column.
    const columns = plan.gives === undefined ? flatColumns(value) : value;
    return fromTable(
      plan,
      tableOfColumns(columns, (name) => required.has(name)),
    );
  }
  const [column, second] = takes.columns;
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord))
    return fromTable(plan, tableOfRecords(value));
  if (column !== undefined && second === undefined && Array.isArray(value) && !Array.isArray(value[0]))
    return fromTable(plan, tableOfColumns({ [column.name]: value }));
  const matrix = plan.gives === undefined ? wholeInput(plan) : undefined;
  if (matrix !== undefined) return { form: 'tensors', inputs: tensorsOfInputs(signature, [matrix], value) };
  if (Array.isArray(value) && takes.columns.every(({ name }, position) => name === String(position)))
    return fromTable(
      plan,
      tableOfRows(
        takes.columns.map(({ name }) => name),
        value,
      ),
    );
  const names = takes.columns.slice(0, 10).map(({ name }) => name);
  throw invalidRequest(
    `the model takes named columns: ${names.join(', ')}${takes.columns.length > 10 ? ', …' : ''}`,
  );
}

/** The only graph input, where a list of rows under `inputs` can mean nothing else. */
function onlyMatrix(plan: CallPlan): TensorSignature | undefined {
  const { takes, gives, params, signature } = plan;
  if (takes.kind !== 'columns' || gives !== undefined || params.length > 0) return undefined;
  return wholeInput(plan) === undefined ? undefined : signature.inputs[0];
}

/** A model without words of its own may be given its only graph input as it is. */
function wholeInput({ signature }: CallPlan): CallTensor | undefined {
  const [input, second] = signature.inputs;
  if (input === undefined || second !== undefined) return undefined;
  return {
    name: null,
    dtype: input.datatype === 'BYTES' ? 'str' : 'float64',
    shape: input.shape,
    input: input.name,
  };
}

function toRequest(plan: CallPlan, { form, inputs }: ReadInputs, instead?: 'unwrapped'): InferRequest {
  const outputs = plan.gives?.outputs.map((name) => ({ name }));
  return {
    inputs,
    parameters: {},
    binaryOutputs: false,
    form: instead === undefined ? form : `${instead} ${form}`,
    ...(outputs === undefined ? {} : { outputs }),
  };
}

const accepted = ['application/json', 'text/csv'];

function readMediaType(header: string | undefined): string {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2).map((part) => part.trim());
    if (name.toLowerCase() !== 'charset') {
      throw inferenceError('INFERENCE_MEDIA_TYPE', {
        problem: `the content type has the unknown parameter ${name.slice(0, 40)}`,
      });
    }
    if (value.replaceAll('"', '').toLowerCase() !== 'utf-8') {
      throw inferenceError('INFERENCE_MEDIA_TYPE', { problem: 'the server only supports the charset utf-8' });
    }
  }
  const known = type.toLowerCase();
  if (accepted.includes(known)) return known;
  const got = header === undefined ? 'there is no content type' : `it is ${header.slice(0, 80)}`;
  throw inferenceError('INFERENCE_MEDIA_TYPE', { problem: `${got}; send ${accepted.join(' or ')}` });
}
