import type { ColumnType, Datatype } from '@esteira/contracts';
import { invalidRequest } from '../../inference-error.ts';
import { describeValue } from '../describe-value.ts';
import { integerRange } from '../tensor.ts';

/** Turns a value as sent into an element of a tensor. Throws INVALID_INFERENCE_REQUEST that names place and value. */
export type ValueConverter = (value: unknown, place: () => string) => number | bigint | string;

export interface ConvertOptions {
  /** The protocol has words for infinity. */
  readonly infinite?: boolean;
}

/**
 * How values of a type go into tensors of a datatype. Null is a missing value: NaN, an empty text, or refused where the tensor
 * holds neither. Numbers may come as texts, as in CSV; a fraction is no whole number.
 */
export function valueConverter(
  type: ColumnType,
  datatype: Datatype,
  options: ConvertOptions = {},
): ValueConverter {
  if (datatype === 'BYTES') return textConverter(type);
  const toNumber = numberConverter(type);
  const floating = datatype.startsWith('FP');
  return (value, place) => {
    if (value === null || value === undefined) {
      if (floating) return Number.NaN;
      throw invalidRequest(`${place()} is missing, and the model takes ${datatype} there`);
    }
    const number = toNumber(value);
    if (number === undefined) throw wrong(place, value, type);
    if (floating) {
      const result = Number(number);
      const held =
        datatype === 'FP64' ? result : datatype === 'FP16' ? Math.f16round(result) : Math.fround(result);
      if (Number.isFinite(held) || Number.isNaN(result)) return result;
      if (options.infinite === true && !Number.isFinite(result)) return result;
      throw invalidRequest(`${place()} has ${describeValue(value)}, which is not finite as ${datatype}`);
    }
    const integer = toInteger(number);
    if (integer === undefined || !fits(integer, datatype)) throw wrong(place, value, type, datatype);
    return datatype === 'INT64' || datatype === 'UINT64' ? integer : Number(integer);
  };
}

function textConverter(type: ColumnType): ValueConverter {
  return (value, place) => {
    if (value === null || value === undefined) return '';
    if (type === 'binary') return decodeBase64(value, place);
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
      return String(value);
    throw wrong(place, value, type);
  };
}

/** Undefined: it is none. */
function numberConverter(type: ColumnType): (value: unknown) => number | bigint | undefined {
  switch (type) {
    case 'boolean':
      return toBoolean;
    case 'datetime':
      return toNanoseconds;
    case 'integer':
      return (value) => {
        const number = toFiniteNumber(value);
        if (number === undefined) return undefined;
        const integer = toInteger(number);
        return integer !== undefined && BigInt.asIntN(32, integer) === integer ? integer : undefined;
      };
    case 'long':
      return (value) => {
        const number = toFiniteNumber(value);
        return number === undefined ? undefined : toInteger(number);
      };
    default:
      return toFiniteNumber;
  }
}

const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** A number as such or as text; infinity only as such. */
function toFiniteNumber(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (!decimal.test(text)) return undefined;
  const number = Number(text);
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^[+-]?[0-9]+$/.test(text)
    ? BigInt(text.replace('+', ''))
    : number;
}

const truths: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [true, 1],
  [false, 0],
  [1, 1],
  [0, 0],
  ['true', 1],
  ['True', 1],
  ['TRUE', 1],
  ['1', 1],
  ['false', 0],
  ['False', 0],
  ['FALSE', 0],
  ['0', 0],
]);

function toBoolean(value: unknown): number | undefined {
  return truths.get(value);
}

const iso =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/** Nanoseconds since 1970; a text without a zone is in UTC, a number is nanoseconds already. */
function toNanoseconds(value: unknown): bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return toInteger(value);
  const match = typeof value === 'string' ? iso.exec(value.trim()) : null;
  if (match === null) return undefined;
  const [, day = '', minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
  const offset = zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const ms = Date.parse(`${day}T${minutes}:${seconds}${offset}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function toInteger(value: number | bigint): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

function fits(value: bigint, datatype: Datatype): boolean {
  const [least, greatest] = datatype === 'BOOL' ? [0n, 1n] : (integerRange(datatype) ?? [0n, 0n]);
  return value >= least && value <= greatest;
}

function decodeBase64(value: unknown, place: () => string): string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value))
    throw invalidRequest(`${place()} has ${describeValue(value)}, which is no base64`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'base64'));
  } catch {
    throw invalidRequest(`${place()} holds bytes that are no UTF-8 text`);
  }
}

function wrong(place: () => string, value: unknown, type: ColumnType, datatype?: Datatype) {
  const held = datatype === undefined ? '' : ` that ${datatype} holds`;
  return invalidRequest(`${place()} has ${describeValue(value)}, which is no ${type}${held}`);
}
