import { readPythonJson } from './python-json.ts';
import { spanMessageOf } from './stored-span.ts';
import type { TraceMessage } from './trace-messages.ts';

/** Spans as MLflow's clients before 3.3, and such as cannot reach its database, keep them. */
export const spansFile = 'traces.json';

/** A trace of a client of MLflow 2: its spans have ids of their own, so they stay a file. */
export function isOfOldClient(traceId: string): boolean {
  return !traceId.startsWith('tr-');
}

/** The files of a trace by their paths: what is attached to it, and spans that stay a file. */
export function filesOfTrace({ trace_info: info, spans = [] }: TraceMessage): readonly string[] {
  const id = info.trace_id;
  const paths = new Set<string>(isOfOldClient(id) ? [spansFile] : []);
  const text = JSON.stringify([spans, info.trace_metadata ?? {}]);
  for (const [, name = '', query] of text.matchAll(/mlflow-attachment:\/\/([\w-]+)\?([^"\\]*)/g))
    if (new URLSearchParams(query).get('trace_id') === id) paths.add(`attachments/${name}`);
  return [...paths];
}

/** The spans in a file of them. Throws SyntaxError, and Error when they are of another form. */
export async function spansIn(
  bytes: AsyncIterable<Uint8Array>,
  traceId: string,
): Promise<NonNullable<TraceMessage['spans']>> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  const file = readPythonJson(Buffer.concat(parts).toString('utf8'));
  const stored = typeof file === 'object' && file !== null && 'spans' in file ? file.spans : undefined;
  if (!Array.isArray(stored)) throw new Error('the file of its spans has none');
  return spanMessagesOf(stored, traceId);
}

/** Of spans as they are stored. Throws Error when one is of another form. */
export function spanMessagesOf(
  stored: Parameters<typeof spanMessageOf>[0][],
  traceId: string,
): NonNullable<TraceMessage['spans']> {
  return stored.map((span) => {
    const message = spanMessageOf(span, traceId);
    if (message === undefined) throw new Error('its spans have a form that MLflow 3 does not write');
    return message;
  });
}
