import type { IncomingHttpHeaders } from 'node:http';
import type { IdGenerator } from '../kernel/ids.ts';

/** The header by which a caller names its request, and by which every answer says the name. */
export const requestIdHeader = 'x-request-id';

// What is taken from a caller goes into log lines and audit rows.
const requestId = /^[A-Za-z0-9._:~+/=-]{1,128}$/;
const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/;

/** The caller's own id for the request, else the id of the trace it belongs to (W3C Trace Context), else a new one. */
export function nameRequest(headers: IncomingHttpHeaders, ids: IdGenerator): string {
  const given = headers[requestIdHeader];
  if (typeof given === 'string' && requestId.test(given)) return given;
  const parent = parentSpan(headers);
  return parent === undefined ? ids.next('req') : parent.slice(3, 35);
}

/** The `traceparent` header where it is one that says something. */
export function parentSpan(headers: IncomingHttpHeaders): string | undefined {
  const given = headers.traceparent;
  if (typeof given !== 'string') return undefined;
  const [, trace = '', span = ''] = traceparent.exec(given) ?? [];
  if (/^0*$/.test(trace) || /^0*$/.test(span) || given.startsWith('ff')) return undefined;
  return given;
}
