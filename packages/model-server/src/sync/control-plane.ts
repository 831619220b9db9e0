import {
  type BundleRef,
  type DataPlaneSnapshot,
  type DataPlaneStatus,
  type KeySlices,
  type KeySlicesRequest,
  servingApi,
} from '@esteira/contracts';

/** The control plane as a model server sees it. Every call rejects when it cannot be reached. */
export interface ControlPlane {
  /** Waits (about 25 s) for a snapshot newer than `after`; undefined when there is none yet. */
  snapshot(after: number, signal: AbortSignal): Promise<DataPlaneSnapshot | undefined>;
  bundleFile(bundle: BundleRef, name: string): Promise<Uint8Array>;
  /** Sends lines that start at `offset`; returns the offset up to which everything has arrived. */
  predictions(source: string, offset: number, lines: Buffer): Promise<number>;
  status(status: DataPlaneStatus): Promise<void>;
  /** Leases from the limits of keys; `leaving` says that this server shares them no more. */
  keySlices(requests: KeySlicesRequest['requests'], leaving: boolean): Promise<KeySlices>;
}

export function createControlPlane(options: {
  readonly url: string;
  readonly token: string;
  readonly source: string;
}): ControlPlane {
  const base = `${options.url.replace(/\/$/, '')}/api/v1/data-plane`;
  const headers = { authorization: `Bearer ${options.token}` };

  return {
    async snapshot(after, signal) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
      const answer = await request(`${base}/snapshot?after=${after}&source=${options.source}`, {
        headers,
        signal: limit,
      });
      return servingApi.snapshot.response.parse(await answer.json()).snapshot ?? undefined;
    },
    async bundleFile(bundle, name) {
      const path = `${base}/bundles/${encodeURIComponent(bundle.digest)}/files/${encodeURIComponent(name)}`;
      const answer = await request(path, { headers, signal: AbortSignal.timeout(120_000) });
      return new Uint8Array(await answer.arrayBuffer());
    },
    async predictions(source, offset, lines) {
      const answer = await request(`${base}/predictions?source=${source}&offset=${offset}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(lines),
        signal: AbortSignal.timeout(120_000),
      });
      return servingApi.intake.response.parse(await answer.json()).acknowledged;
    },
    async status(status) {
      const answer = await request(`${base}/status`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(status),
        signal: AbortSignal.timeout(10_000),
      });
      await answer.arrayBuffer();
    },
    async keySlices(requests, leaving) {
      const answer = await request(`${base}/key-slices`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ source: options.source, leaving, requests }),
        signal: AbortSignal.timeout(5_000),
      });
      return servingApi.keySlices.response.parse(await answer.json());
    },
  };
}

async function request(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  if (answer.ok) return answer;
  const text = await answer.text();
  throw new Error(`The control plane answered ${answer.status}: ${text.slice(0, 300)}`);
}
