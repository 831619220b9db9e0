import { invalidParameter, type MlflowError, missingParameter } from './mlflow-error.ts';

/**
 * The fields of a message as MLflow's server reads them: unknown ones are ignored, a required one that is absent, null or ''
 * is missing, int64 are numbers, and the special floats are the strings of proto3's JSON. Every reader throws
 * INVALID_PARAMETER_VALUE with the texts that MLflow's own tests look for.
 */
export interface Fields {
  text(name: string): string;
  optionalText(name: string): string | undefined;
  integer(name: string): number;
  optionalInteger(name: string): number | undefined;
  /** A number, or NaN and the infinities as `"NaN"`, `"Infinity"`, `"-Infinity"`, or as Python prints them. */
  number(name: string): number;
  optionalNumber(name: string): number | undefined;
  optionalFlag(name: string): boolean | undefined;
  /** One of the names of an enum. */
  optionalChoice<T extends string>(name: string, choices: readonly T[]): T | undefined;
  /** Empty when absent. */
  texts(name: string): readonly string[];
  /** Messages, each read by its own fields. Empty when absent. */
  messages(name: string): readonly Fields[];
  optionalMessage(name: string): Fields | undefined;
  has(name: string): boolean;
  /** As it came; undefined when absent or null. */
  raw(name: string): unknown;
  /** Refuses a value of a field for a reason of its own. */
  refuse(name: string, reason: string): MlflowError;
}

/**
 * `fromQuery`: everything is text, and numbers and booleans are read from it. Names in `fixed` win. `written` is the JSON
 * that was parsed: values that are refused are shown as they stand there.
 */
export function readFields(
  given: unknown,
  fixed: Readonly<Record<string, string>> = {},
  fromQuery = false,
  written = () => '',
): Fields {
  return fieldsOf({ ...toRecord(given), ...fixed }, '', fromQuery, written);
}

/** Very old clients send the JSON as a string of JSON. */
function toRecord(given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined || given === null) return {};
  if (typeof given === 'string') {
    try {
      return toRecord(JSON.parse(given));
    } catch {
      throw invalidParameter('The body of the request is not valid JSON.');
    }
  }
  if (typeof given !== 'object' || Array.isArray(given))
    throw invalidParameter('The body of the request is not a JSON object.');
  return given as Record<string, unknown>;
}

function fieldsOf(
  record: Readonly<Record<string, unknown>>,
  prefix: string,
  fromQuery: boolean,
  written = () => '',
): Fields {
  const raw = (name: string): unknown => {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    return value === null ? undefined : value;
  };
  const show = (name: string): string => {
    const value = raw(name);
    return (typeof value === 'number' ? numberAsWritten(written(), name) : undefined) ?? shown(value);
  };
  const wrong = (name: string, wanted: string): MlflowError =>
    invalidParameter(
      `Invalid value ${show(name)} for parameter '${prefix}${name}' supplied: ${wanted}. See the API docs for more information about request parameters.`,
    );
  const required = <T>(name: string, value: T | undefined): T => {
    if (value !== undefined && value !== '') return value;
    throw missingParameter(`${prefix}${name}`);
  };

  const fields: Fields = {
    raw,
    has: (name) => raw(name) !== undefined,
    refuse: wrong,
    text: (name) => required(name, fields.optionalText(name)),
    optionalText(name) {
      const value = raw(name);
      if (value === undefined || typeof value === 'string') return value;
      throw wrong(name, `Value was of type '${typeName(value)}', not a string`);
    },
    integer: (name) => required(name, fields.optionalInteger(name)),
    optionalInteger(name) {
      const value = raw(name);
      if (value === undefined) return undefined;
      // Clients that print proto3's JSON send int64 as text.
      const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
      if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
      throw wrong(name, `Value was of type '${typeName(value)}', not an integer`);
    },
    number: (name) => required(name, fields.optionalNumber(name)),
    optionalNumber(name) {
      const value = raw(name);
      if (value === undefined || typeof value === 'number') return value;
      if (typeof value === 'string') {
        if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)) return Number(value);
        // Python prints them as `nan` and `inf`.
        if (/^[-+]?nan$/i.test(value)) return Number.NaN;
        if (/^[-+]?inf(inity)?$/i.test(value)) return value.startsWith('-') ? -Infinity : Infinity;
      }
      throw wrong(name, `Value was of type '${typeName(value)}', not a number`);
    },
    optionalFlag(name) {
      const value = raw(name);
      if (value === undefined || typeof value === 'boolean') return value;
      // Their client sends its language's own words, `True` and `False`.
      if (fromQuery && typeof value === 'string' && /^(true|false)$/i.test(value))
        return value.toLowerCase() === 'true';
      throw wrong(name, "Value must be one of 'true', 'false'");
    },
    optionalChoice(name, choices) {
      const value = fields.optionalText(name);
      if (value === undefined) return undefined;
      const choice = choices.find((candidate) => candidate === value);
      if (choice === undefined) throw wrong(name, `Value must be one of ${choices.join(', ')}`);
      return choice;
    },
    texts: (name) =>
      list(name).map((item) => {
        if (typeof item === 'string') return item;
        throw wrong(name, `A value was of type '${typeName(item)}', not a string`);
      }),
    messages: (name) =>
      list(name).map((item, index) => {
        if (isRecord(item)) return fieldsOf(item, `${prefix}${name}[${index}].`, fromQuery);
        throw wrong(name, `A value was of type '${typeName(item)}', not a message`);
      }),
    optionalMessage(name) {
      const value = raw(name);
      if (value === undefined) return undefined;
      if (isRecord(value)) return fieldsOf(value, `${prefix}${name}.`, fromQuery);
      throw wrong(name, `Value was of type '${typeName(value)}', not a message`);
    },
  };

  function list(name: string): readonly unknown[] {
    const value = raw(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    if (fromQuery) return [value];
    throw wrong(name, `Value was of type '${typeName(value)}', not a list`);
  }

  return fields;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number as it was written, `9.0` and not `9`; undefined where that cannot be told. */
function numberAsWritten(text: string, name: string): string | undefined {
  return new RegExp(`"${name}"\\s*:\\s*(-?\\d[\\d.eE+-]*)`).exec(text)?.[1];
}

const longestShown = 200;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}…`;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'dict';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'boolean' ? 'bool' : 'str';
}
