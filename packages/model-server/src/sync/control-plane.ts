import {
  type BundleRef,
  type DataPlaneSnapshot,
  type DataPlaneStatus,
  dataPlaneApi,
  type JsonValue,
  type KeySlices,
  type KeySlicesRequest,
  type OnlineFeatures,
} from '@esteira/contracts/data-plane';
import type { ControlPlaneAddresses } from './control-plane-addresses.ts';
import { readSnapshot } from './read-snapshot.ts';

/** The control plane as a model server sees it. Every call rejects when none of its servers can be reached. */
export interface ControlPlane {
  /** Waits (about 25 s) for a snapshot newer than `after`; undefined when there is none yet. */
  snapshot(after: number, signal: AbortSignal): Promise<DataPlaneSnapshot | undefined>;
  bundleFile(bundle: BundleRef, name: string): Promise<Uint8Array>;
  /** Sends lines that start at `offset`; returns the offset up to which everything has arrived. */
  predictions(source: string, offset: number, lines: Buffer): Promise<number>;
  status(status: DataPlaneStatus): Promise<void>;
  /** Leases from the limits of keys; `leaving` says that this server shares them no more. */
  keySlices(requests: KeySlicesRequest['requests'], leaving: boolean): Promise<KeySlices>;
  /** Online values for the rows asked about. Rejects with ControlPlaneRefusal when they cannot be looked up. */
  onlineFeatures(service: string, rows: readonly Row[], timeoutMs: number): Promise<OnlineFeatures>;
}

type Row = Readonly<Record<string, JsonValue>>;

/** The control plane has understood the question and does not answer it. */
export class ControlPlaneRefusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`The control plane answered ${status}: ${text.slice(0, 300)}`);
    this.name = 'ControlPlaneRefusal';
    this.status = status;
  }
}

interface Question<T> {
  readonly method?: 'POST';
  readonly type?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Of each server that is asked, in ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly read: (answer: Response) => Promise<T>;
}

export function createControlPlane(options: {
  readonly addresses: ControlPlaneAddresses;
  readonly token: string;
  readonly source: string;
}): ControlPlane {
  const { addresses, source } = options;

  /** Every call may be repeated, so a server that does not answer as it should is passed over for the next. */
  async function ask<T>(path: string, question: Question<T>): Promise<T> {
    let failure: unknown;
    for (const url of addresses.toTry()) {
      try {
        const answer = await askOne(`${url}/api/v1/data-plane/${path}`, options.token, question);
        addresses.answered(url);
        return answer;
      } catch (error) {
        if (question.signal?.aborted) throw error;
        // The others would say the same of the same question.
        if (error instanceof ControlPlaneRefusal && error.status === 400) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  return {
    async snapshot(after, signal) {
      const { snapshot, controlPlanes } = await ask(`snapshot?after=${after}&source=${source}`, {
        timeoutMs: 60_000,
        signal,
        read: async (answer) => {
          const { snapshot, ...rest } = (await answer.json()) as { readonly snapshot?: unknown };
          const { controlPlanes } = dataPlaneApi.snapshot.response.parse({ ...rest, snapshot: null });
          return { snapshot: snapshot === null ? undefined : await readSnapshot(snapshot), controlPlanes };
        },
      });
      addresses.learn(controlPlanes);
      return snapshot;
    },
    bundleFile(bundle, name) {
      const path = `bundles/${encodeURIComponent(bundle.digest)}/files/${encodeURIComponent(name)}`;
      const size = bundle.files.find((file) => file.name === name)?.size ?? 0;
      return ask(path, { timeoutMs: 120_000, read: (answer) => readWhole(answer, size) });
    },
    predictions: (from, offset, lines) =>
      ask(`predictions?source=${from}&offset=${offset}`, {
        method: 'POST',
        type: 'application/octet-stream',
        body: new Uint8Array(lines),
        timeoutMs: 120_000,
        read: async (answer) => dataPlaneApi.intake.response.parse(await answer.json()).acknowledged,
      }),
    status: (status) =>
      ask('status', {
        method: 'POST',
        type: 'application/json',
        body: JSON.stringify(status),
        timeoutMs: 10_000,
        read: async (answer) => void (await answer.arrayBuffer()),
      }),
    keySlices: (requests, leaving) =>
      ask('key-slices', {
        method: 'POST',
        type: 'application/json',
        body: JSON.stringify({ source, leaving, requests }),
        timeoutMs: 5_000,
        read: async (answer) => dataPlaneApi.keySlices.response.parse(await answer.json()),
      }),
    onlineFeatures: (featureService, rows, timeoutMs) =>
      ask('online-features', {
        method: 'POST',
        type: 'application/json',
        body: JSON.stringify({ featureService, rows }),
        timeoutMs,
        read: async (answer) => (await answer.json()) as OnlineFeatures,
      }),
  };
}

/** The bytes of an answer of a known size, put in their place as they come: a large file is not copied at once. */
async function readWhole({ body }: Response, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of body ?? []) {
    if (at + chunk.length > size)
      throw new Error(`The control plane sent more than the ${size} bytes of a file.`);
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at < size) throw new Error(`The control plane sent ${at} of the ${size} bytes of a file.`);
  return bytes;
}

async function askOne<T>(url: string, token: string, question: Question<T>): Promise<T> {
  const { method, type, body, timeoutMs, signal, read } = question;
  const limit = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, ...(type === undefined ? {} : { 'content-type': type }) },
    // Whoever is asked gets the token; it is not carried on to another address.
    redirect: 'error',
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    ...(method === undefined ? {} : { method }),
    ...(body === undefined ? {} : { body }),
  });
  if (answer.ok) return await read(answer);
  const text = await answer.text();
  throw new ControlPlaneRefusal(answer.status, text);
}
