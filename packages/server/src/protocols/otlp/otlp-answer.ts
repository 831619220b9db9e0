import { EsteiraError } from '../../kernel/errors.ts';
import type { WireAnswer } from '../../kernel/wire-route.ts';
import { bytesField, numberField, textField } from './protobuf-writer.ts';

export const protobufType = 'application/x-protobuf';
export const jsonType = 'application/json';

/** `ExportTraceServiceResponse`: empty, or with what was not taken, which is not to be sent again. */
export function exportAnswer(mediaType: string, rejected: number, reason: string): WireAnswer {
  const headers = { 'content-type': mediaType };
  if (mediaType === jsonType) {
    const partial = { rejectedSpans: String(rejected), errorMessage: reason };
    return { headers, body: JSON.stringify(rejected === 0 ? {} : { partialSuccess: partial }) };
  }
  if (rejected === 0) return { headers, body: Buffer.alloc(0) };
  return { headers, body: bytesField(1, Buffer.concat([numberField(1, rejected), textField(2, reason)])) };
}

/** Codes of google.rpc.Code by HTTP status: github.com/googleapis/googleapis/blob/master/google/rpc/code.proto. */
const codes: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 9,
  413: 3,
  415: 3,
  422: 3,
  429: 8,
  499: 1,
  501: 12,
  503: 14,
};

/** An error as OTLP tells it: `google.rpc.Status` in the encoding of the request. */
export function refusalAnswer(error: unknown, instance: string, mediaType: string): WireAnswer {
  const known = error instanceof EsteiraError ? error : undefined;
  const status = known?.status ?? 500;
  const message =
    known === undefined
      ? `The server failed. Its log has the cause under ${instance}.`
      : `${known.what} ${known.why} ${known.todo}`;
  const retryAfter = known?.details.retryAfterSeconds;
  const headers = {
    'content-type': mediaType === protobufType ? protobufType : jsonType,
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="otlp"' } : {}),
    ...(typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {}),
  };
  const code = codes[status] ?? 13;
  const body =
    mediaType === protobufType
      ? Buffer.concat([numberField(1, code), textField(2, message)])
      : JSON.stringify({ code, message });
  return { status, headers, body };
}
