import type { JsonValue } from '@esteira/contracts';
import { type GivenRecord, type RecordSource, recordSourceTypes } from '../../../evaluation/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';

type JsonObject = { readonly [key: string]: JsonValue };

/** The tag by which clients say who they are. */
export const userTag = 'mlflow.user';

const mostDeep = 200;

/** A field that is the text of a JSON object; undefined when it is absent. */
export function optionalJsonObject(fields: Fields, name: string): JsonObject | undefined {
  const text = fields.optionalText(name);
  if (text === undefined || text === '') return undefined;
  const value = parse(fields, name, text);
  if (isObject(value)) return value;
  throw fields.refuse(name, 'it is not the text of a JSON object');
}

/** The records of the field `records`: the text of a JSON list. */
export function readRecords(fields: Fields): readonly GivenRecord[] {
  const value = parse(fields, 'records', fields.text('records'));
  if (!Array.isArray(value)) throw fields.refuse('records', 'it is not the text of a JSON list');
  return value.map((record: JsonValue, index) => readRecord(record, index));
}

function readRecord(record: JsonValue, index: number): GivenRecord {
  if (!isObject(record)) throw wrong(index, 'is no object');
  const part = (name: string): JsonObject => {
    const value = record[name] ?? (name === 'inputs' && record[name] === null ? null : {});
    if (isObject(value)) return value;
    throw wrong(index, `has ${name} that are no object`);
  };
  const tags = part('tags');
  const user = tags[userTag];
  return {
    inputs: part('inputs'),
    ...(record.outputs === undefined ? {} : { outputs: record.outputs }),
    expectations: part('expectations'),
    tags,
    source: readSource(record.source, index),
    userName: typeof user === 'string' ? user : undefined,
  };
}

function readSource(source: JsonValue | undefined, index: number): RecordSource | undefined {
  if (source === undefined || source === null) return undefined;
  if (!isObject(source)) throw wrong(index, 'has a source that is no object');
  const { source_type: type, source_data: data } = source;
  const known = recordSourceTypes.find((name) => typeof type === 'string' && name === type.toUpperCase());
  if (known === undefined)
    throw invalidParameter(
      `Invalid dataset record source type: ${JSON.stringify(type ?? null)}. Valid source types: ${recordSourceTypes.join(', ')}.`,
    );
  if (data !== undefined && data !== null && !isObject(data))
    throw wrong(index, 'has source_data that are no object');
  return { type: known, data: data ?? {} };
}

/** Text that is not JSON, or nested so deeply that nothing could walk it, is the client's mistake. */
function parse(fields: Fields, name: string, text: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    throw fields.refuse(name, 'it is not valid JSON');
  }
  if (isDeeper(value, mostDeep)) throw fields.refuse(name, `it is nested more than ${mostDeep} deep`);
  return value;
}

function isDeeper(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner: JsonValue) => isDeeper(inner, levels - 1));
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(index: number, problem: string): Error {
  return invalidParameter(`The record at index ${index} ${problem}.`);
}
