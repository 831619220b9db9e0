import { isUtf8 } from 'node:buffer';
import { invalidRequest } from '../../../inference-error.ts';
import { isRecord } from '../../call/table.ts';
import { parseJsonText } from '../parse-json.ts';

const bareTokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g;
const deepest = 100;

/**
 * Reads a JSON body as TF Serving does: the bare tokens NaN, Infinity and -Infinity are numbers, and `{"b64": …}` is the
 * text of those bytes. NaN comes as null, which is what a missing value is here. Throws INVALID_INFERENCE_REQUEST.
 */
export function parseTensorflowJson(body: Buffer): Readonly<Record<string, unknown>> {
  if (!isUtf8(body)) throw invalidRequest('the body is not UTF-8');
  let text = body.toString('utf8');
  // A number too large for a double is infinite: what JSON has for a word that it lacks.
  if (text.includes('NaN') || text.includes('Infinity')) {
    text = text.replace(bareTokens, (token) => {
      if (token === 'NaN') return 'null';
      if (token.startsWith('"')) return token;
      return token.startsWith('-') ? '-1e999' : '1e999';
    });
  }
  const document = parseJsonText(text);
  if (!isRecord(document)) throw invalidRequest('the body is not a JSON object');
  return text.includes('"b64"') ? decodeObject(document, 1) : document;
}

function decodeObject(
  object: Readonly<Record<string, unknown>>,
  depth: number,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, decode(value, depth)]));
}

function decode(value: unknown, depth: number): unknown {
  if (depth > deepest) throw invalidRequest(`the body is nested deeper than ${deepest} lists and objects`);
  if (Array.isArray(value)) return value.map((element) => decode(element, depth + 1));
  if (!isRecord(value)) return value;
  const keys = Object.keys(value);
  if (keys.length !== 1 || keys[0] !== 'b64') return decodeObject(value, depth + 1);
  const { b64 } = value;
  if (typeof b64 !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(b64))
    throw invalidRequest('a b64 value is no base64');
  const bytes = Buffer.from(b64, 'base64');
  if (!isUtf8(bytes))
    throw invalidRequest('a b64 value is no UTF-8 text, and texts are what models here take');
  return bytes.toString('utf8');
}
