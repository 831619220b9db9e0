import { isUtf8 } from 'node:buffer';
import { invalidRequest } from '../../inference-error.ts';

// 64-bit integers must not pass through a double: only where long digits occur is the slower reader worth its time.
// The digits of a fraction are none: nearly every double has that many.
const longInteger = /[^.\d]\d{16}/;

/** Reads a JSON body; integers that a double would round come as bigint. Throws INVALID_INFERENCE_REQUEST. */
export function parseJsonBody(body: Buffer): unknown {
  requireUtf8(body);
  return parseJsonText(body.toString('utf8'));
}

/** The same of a text. */
export function parseJsonText(text: string): unknown {
  return parseText(text, longInteger.test(text) ? keepLongIntegers : undefined);
}

/** Reads a JSON body that is handed on: `JSON.stringify` writes its numbers as they came. Throws INVALID_INFERENCE_REQUEST. */
export function parseJsonToHandOn(body: Buffer): unknown {
  requireUtf8(body);
  return parseText(body.toString('utf8'), keepNumbers);
}

/** Throws INVALID_INFERENCE_REQUEST. */
export function requireUtf8(body: Buffer): void {
  if (!isUtf8(body)) throw invalidRequest('the body is not UTF-8');
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown;

function parseText(
  text: string,
  reviver?: (key: string, value: unknown, context: Source) => unknown,
): unknown {
  try {
    return JSON.parse(text, reviver as Reviver | undefined);
  } catch (error) {
    throw invalidRequest(
      `the body is not JSON (${error instanceof Error ? error.message.slice(0, 120) : 'unreadable'})`,
    );
  }
}

interface Source {
  readonly source?: string;
}

// tc39.es/proposal-json-parse-with-source
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

function keepNumbers(_key: string, value: unknown, { source }: Source): unknown {
  return typeof value === 'number' && source !== undefined ? rawJSON(source) : value;
}

function keepLongIntegers(_key: string, value: unknown, context: Source): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context.source === undefined) return value;
  return /^-?[0-9]+$/.test(context.source) ? BigInt(context.source) : value;
}
