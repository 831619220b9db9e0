import type { JsonValue } from '@esteira/contracts';

export type JsonObject = { readonly [key: string]: JsonValue };

export const recordSourceTypes = ['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE'] as const;

/** Where a record came from. */
export interface RecordSource {
  readonly type: (typeof recordSourceTypes)[number];
  readonly data: JsonObject;
}

/** A record as it is given: what is absent stays as it was, or is empty in a new one. */
export interface GivenRecord {
  readonly inputs: JsonObject;
  /** Null takes away what was there. */
  readonly outputs?: JsonValue;
  readonly expectations: JsonObject;
  readonly tags: JsonObject;
  readonly source: RecordSource | undefined;
  /** Who the client says gives it. */
  readonly userName: string | undefined;
}

/** An example: what goes in, and what is expected to come out. Within its data set the inputs are its identity. */
export interface DatasetRecord {
  readonly id: string;
  readonly position: number;
  readonly inputs: JsonObject;
  readonly outputs: JsonValue;
  /** Null when nothing was ever expected. */
  readonly expectations: JsonObject | null;
  readonly tags: JsonObject;
  readonly source: RecordSource | undefined;
  readonly userName: string | undefined;
  readonly updatedUserName: string | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A record as it is the first time its inputs are given. */
export function newRecord(
  given: GivenRecord,
  { id, position, at }: { readonly id: string; readonly position: number; readonly at: number },
): DatasetRecord {
  return {
    id,
    position,
    inputs: given.inputs,
    outputs: given.outputs === undefined ? {} : given.outputs,
    expectations: isEmpty(given.expectations) ? null : given.expectations,
    tags: given.tags,
    source: given.source,
    userName: given.userName,
    updatedUserName: given.userName,
    createdAt: at,
    updatedAt: at,
  };
}

/** What a record becomes when its inputs are given again: expectations and tags are added to, key by key; its source stays. */
export function mergeRecord(known: DatasetRecord, given: GivenRecord, at: number): DatasetRecord {
  return {
    ...known,
    outputs: given.outputs === undefined ? known.outputs : given.outputs,
    expectations: isEmpty(given.expectations)
      ? known.expectations
      : { ...known.expectations, ...given.expectations },
    tags: { ...known.tags, ...given.tags },
    updatedUserName: given.userName ?? known.updatedUserName,
    updatedAt: at,
  };
}

type FieldType = 'null' | 'boolean' | 'integer' | 'float' | 'string' | 'array' | 'object';

/** The fields of the records of a data set with the types they first had. Outputs that are no object have one type. */
export interface RecordFields {
  readonly inputs: Readonly<Record<string, FieldType>>;
  readonly outputs: Readonly<Record<string, FieldType>> | FieldType;
  readonly expectations: Readonly<Record<string, FieldType>>;
}

/** Fields that are known keep their type. */
export function withFieldsOf(known: RecordFields | undefined, records: readonly GivenRecord[]): RecordFields {
  const inputs = new Map(Object.entries(known?.inputs ?? {}));
  const expectations = new Map(Object.entries(known?.expectations ?? {}));
  let single = typeof known?.outputs === 'string' ? known.outputs : undefined;
  const outputs = new Map(typeof known?.outputs === 'object' ? Object.entries(known.outputs) : []);
  for (const record of records) {
    addFields(inputs, record.inputs);
    addFields(expectations, record.expectations);
    if (record.outputs === undefined || record.outputs === null || single !== undefined) continue;
    if (isObject(record.outputs)) addFields(outputs, record.outputs);
    else if (outputs.size === 0) single = typeOf(record.outputs);
  }
  return {
    inputs: Object.fromEntries(inputs),
    outputs: single ?? Object.fromEntries(outputs),
    expectations: Object.fromEntries(expectations),
  };
}

function addFields(fields: Map<string, FieldType>, values: JsonObject): void {
  for (const [name, value] of Object.entries(values)) if (!fields.has(name)) fields.set(name, typeOf(value));
}

function typeOf(value: JsonValue): FieldType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'string' ? 'string' : 'object';
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(values: JsonObject): boolean {
  return Object.keys(values).length === 0;
}
