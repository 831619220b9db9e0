import { isUtf8 } from 'node:buffer';
import { inferenceError, invalidRequest } from '../../../inference-error.ts';
import { type CallPlan, callPlan } from '../../call/call-plan.ts';
import { fillColumns } from '../../call/fill-columns.ts';
import { parseCsv } from '../../call/parse-csv.ts';
import { readInstances } from '../../call/read-batch.ts';
import { isRecord, tableOfRows } from '../../call/table.ts';
import type { InferRequest } from '../../infer-request.ts';
import {
  isScoringDocument,
  parseScoringBody,
  readScoringDocument,
  readScoringRequest,
} from '../mlflow/read-scoring-request.ts';
import { parseJsonText } from '../parse-json.ts';
import type { ModelCall } from '../wire.ts';

/** The forms of an answer, by the media type that asks for it. */
const forms: Readonly<Record<string, string>> = {
  'application/json': 'json',
  'application/jsonlines': 'jsonlines',
  'application/x-jsonlines': 'jsonlines',
  'text/csv': 'csv',
};

/**
 * Reads what is sent to `/invocations` of a SageMaker container: JSON (a list of rows, one row, or what MLflow's protocol
 * takes), JSON lines of rows, or CSV, where a first line that names the columns may be left out. A row is an object of
 * columns, a list in the order of the signature, or `{"features": […]}`. `Accept` asks for JSON, JSON lines or CSV. Throws
 * INFERENCE_MEDIA_TYPE and INVALID_INFERENCE_REQUEST.
 */
export function readInvocation(body: Buffer, call: ModelCall): InferRequest {
  const { headers } = call;
  const type = mediaType(headers['content-type']);
  const form = forms[type];
  if (form === undefined) {
    const types = Object.keys(forms).join(', ');
    throw inferenceError('INFERENCE_MEDIA_TYPE', { problem: `it is ${type.slice(0, 80)}; send ${types}` });
  }
  if (!isUtf8(body)) throw invalidRequest('the body is not UTF-8');
  const asked = answerForm(headers.accept, form);
  if (form === 'csv') return { ...readCsv(body.toString('utf8'), call), form: asked };
  if (form === 'jsonlines') return { ...readRows(readLines(body.toString('utf8')), call), form: asked };
  const document = parseScoringBody(body, call.endpoint);
  if (isScoringDocument(document)) {
    const request = readScoringDocument(document, call);
    return asked === 'json' ? request : { ...request, form: asked };
  }
  const many = Array.isArray(document) && document.some((row) => Array.isArray(row) || isRecord(row));
  return { ...readRows(many ? document : [document], call), form: asked };
}

function mediaType(header: string | undefined): string {
  return (header ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** What `Accept` names first and can be written; the caller's own form where it takes anything. */
function answerForm(accept: string | undefined, own: string): string {
  const usual = own === 'csv' ? 'json' : own;
  if (accept === undefined) return usual;
  for (const wanted of accept.split(',')) {
    const type = mediaType(wanted);
    if (type === '*/*') return usual;
    const form = forms[type];
    if (form !== undefined) return form;
  }
  throw inferenceError('INFERENCE_MEDIA_TYPE', {
    problem: `an answer as ${accept.slice(0, 80)} is asked for; accept ${Object.keys(forms).join(', ')}`,
  });
}

function readRows(given: readonly unknown[], { endpoint }: ModelCall): InferRequest {
  const plan = callPlan(endpoint);
  const rows = given.map((row) => (isRecord(row) && Array.isArray(row.features) ? row.features : row));
  const lists = rows.every((row) => Array.isArray(row));
  const inputs =
    lists && plan.takes.kind === 'columns'
      ? fillColumns(plan, tableOfRows(columnNames(plan), rows))
      : readInstances(plan, rows);
  return { inputs, parameters: {}, binaryOutputs: false };
}

function readLines(text: string): readonly unknown[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw invalidRequest('the body has no line');
  return lines.map(parseJsonText);
}

/** A first line without all the columns that the model needs is a row, and the columns come in the signature's order. */
function readCsv(text: string, call: ModelCall): InferRequest {
  const plan = callPlan(call.endpoint);
  const given = parseCsv(text).names;
  const headed =
    plan.takes.kind === 'columns'
      ? plan.takes.columns.every(({ name, required }) => !required || given.includes(name))
      : given.every((name) => Number.isNaN(Number(name)));
  const names = plan.takes.kind === 'columns' ? columnNames(plan) : given.map((_, place) => String(place));
  const whole = headed ? text : `${names.map(quote).join(',')}\n${text}`;
  return readScoringRequest(Buffer.from(whole), {
    ...call,
    headers: { 'content-type': 'text/csv' },
  });
}

function columnNames({ takes }: CallPlan): string[] {
  return takes.kind === 'columns' ? takes.columns.map(({ name }) => name) : [];
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
