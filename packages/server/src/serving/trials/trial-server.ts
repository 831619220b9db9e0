import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DesiredEndpoint, ServableVersion } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import { toServed } from '../data-plane/build-snapshot.ts';
import { createModelClient, type ModelClient } from '../data-plane/model-client.ts';
import { type ModelServerEnd, spawnModelServer } from '../data-plane/spawn-model-server.ts';
import { fullTraffic } from '../endpoints/desired-endpoint.ts';
import { hashKey } from '../endpoints/probe-keys.ts';

/** A model server of its own with one version in it: what is measured there is the version's and nobody else's. */
export interface TrialServer {
  readonly client: ModelClient;
  /** CPU used until it listened, in seconds. */
  readonly startCpuSeconds: number;
  /** Stops it; peak memory and CPU over its whole life. */
  stop(): Promise<ModelServerEnd>;
}

export interface TrialDeps {
  readonly blobs: BlobStore;
  readonly ids: IdGenerator;
  readonly random: RandomSource;
  /** Private folder for the servers' files. */
  readonly directory: string;
}

/**
 * Starts the serving runtime with the packaged version, without a control plane: bundle, snapshot and a key are put in its
 * folder. Throws TRIAL_FAILED when it does not come up.
 */
export async function startTrialServer(
  deps: TrialDeps,
  version: ServableVersion,
  desired: DesiredEndpoint,
): Promise<TrialServer> {
  const directory = join(deps.directory, deps.ids.next('trial'));
  const key = Buffer.from(deps.random.bytes(24)).toString('base64url');
  await writeBundle(deps.blobs, directory, version);
  await writeSnapshot(directory, version, desired, key);
  const server = spawnModelServer({
    ESTEIRA_MODEL_SERVER_DIR: directory,
    ESTEIRA_SERVING_PORT: '0',
    ESTEIRA_ORPHAN_GRACE_MS: '0',
    ESTEIRA_DRAIN_SECONDS: '0',
    ESTEIRA_LOG_LEVEL: 'error',
  });
  const end = async (): Promise<ModelServerEnd | undefined> => {
    const last = await server.stop(10_000);
    await rm(directory, { recursive: true, force: true });
    return last;
  };
  try {
    const { httpUrl, cpuSeconds } = await server.listening;
    const client = createModelClient({ httpUrl, endpoint: 'trial', key, signature: version.signature });
    return {
      client,
      startCpuSeconds: cpuSeconds,
      async stop() {
        client.close();
        const last = await end();
        if (last === undefined)
          throw esteiraError('TRIAL_FAILED', { problem: 'its model server ended without a report' });
        return last;
      },
    };
  } catch (error) {
    await end();
    throw esteiraError('TRIAL_FAILED', { problem: 'its model server did not come up' }, error);
  }
}

async function writeBundle(blobs: BlobStore, directory: string, version: ServableVersion): Promise<void> {
  const cache = join(directory, 'bundles');
  await mkdir(cache, { recursive: true, mode: 0o700 });
  for (const entry of await blobs.getDirectory(version.digest)) {
    const path = join(cache, entry.digest.slice('sha256:'.length));
    await pipeline(Readable.from(blobs.get(entry.digest)), createWriteStream(path, { mode: 0o600 }));
  }
}

async function writeSnapshot(
  directory: string,
  version: ServableVersion,
  desired: DesiredEndpoint,
  key: string,
): Promise<void> {
  const served = toServed(
    {
      name: 'trial',
      stage: 'development',
      revision: 1,
      desired: fullTraffic({ ...desired, fallback: null }, { kind: 'version', modelVersionId: version.id }),
    },
    new Map([[version.id, version]]),
    [
      {
        id: 'trial',
        hash: hashKey(key),
        purpose: 'user',
        requestsPerSecond: 1_000_000,
        burst: 1_000_000,
        expiresAt: null,
      },
    ],
  );
  const snapshot = { workspace: 'trial', revision: 1, endpoints: [served] };
  await writeFile(join(directory, 'snapshot.json'), JSON.stringify(snapshot), { mode: 0o600 });
}
