import { setImmediate as turn } from 'node:timers/promises';
import { DataPlaneSnapshot, ServedEndpoint, ServedKey } from '@esteira/contracts/data-plane';

// A key takes three microseconds, an endpoint about as long as twenty keys.
const endpointsAtOnce = 16;
const keysAtOnce = 500;

/**
 * Checks a snapshot as the control plane sent it, some of its endpoints and keys at a time: requests are answered on the same
 * thread. Rejects with the error of zod when it is none.
 */
export async function readSnapshot(document: unknown): Promise<DataPlaneSnapshot> {
  const [head, endpoints] = setApart(document, 'endpoints');
  const snapshot = DataPlaneSnapshot.parse(head);
  for (const [index, endpoint] of endpoints.entries()) {
    if (index % endpointsAtOnce === endpointsAtOnce - 1) await turn();
    snapshot.endpoints.push(await readEndpoint(endpoint));
  }
  return snapshot;
}

async function readEndpoint(document: unknown): Promise<ServedEndpoint> {
  const [head, keys] = setApart(document, 'keys');
  const endpoint = ServedEndpoint.parse(head);
  for (const [index, key] of keys.entries()) {
    if (index % keysAtOnce === keysAtOnce - 1) await turn();
    endpoint.keys.push(ServedKey.parse(key));
  }
  return endpoint;
}

/** A document with an empty list in place of one, and what stood in it. What is no such document stays as it is. */
function setApart(document: unknown, list: string): readonly [unknown, readonly unknown[]] {
  const items = (document as Readonly<Record<string, unknown>> | null | undefined)?.[list];
  return Array.isArray(items) ? [{ ...(document as object), [list]: [] }, items] : [document, []];
}
