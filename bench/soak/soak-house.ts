import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EsteiraClient } from '@esteira/sdk';
import { esteira, runCommand } from '../../packages/cli/src/esteira-command.fixture.ts';
import { createPlace, type Installation, ownerToken } from '../../packages/cli/test/installation.fixture.ts';
import { serverFolders } from '../../packages/model-server/src/fleet/process-directory.ts';
import { startProcess } from '../../scripts/interop/start-process.ts';

/** A control plane that comes and goes, and a model server of several processes beside it that follows it. */
export interface SoakHouse {
  readonly client: EsteiraClient;
  /** The model server's REST address. */
  readonly url: string;
  /** Makes an endpoint answer with an ONNX file; returns its key and the version's id. */
  deploy(endpoint: string, path: string): Promise<{ key: string | null; modelVersionId: string }>;
  /** Switches an endpoint over; resolves when every process answers with the version. */
  swap(endpoint: string, modelVersionId: string): Promise<void>;
  /** Kills the control plane, waits, and starts it again on the same address. */
  withoutControlPlane(ms: number): Promise<void>;
  /** Process ids of the processes that answer. */
  workers(): readonly number[];
  /** Resident memory of the processes that answer, in bytes. */
  memoryBytes(): number;
  stop(): Promise<void>;
}

export async function openSoakHouse(folder: string, processes: number): Promise<SoakHouse> {
  const place = createPlace(folder);
  let controlPlane = await place.start();
  const { client, url: controlPlaneUrl } = controlPlane;
  const directory = join(folder, 'model-server');
  mkdirSync(directory);
  const server = await startProcess(
    process.execPath,
    [join(import.meta.dirname, '../../packages/model-server/src/main.ts')],
    {
      ESTEIRA_URL: controlPlaneUrl,
      ESTEIRA_TOKEN: await dataPlaneToken(client),
      ESTEIRA_MODEL_SERVER_DIR: directory,
      ESTEIRA_SERVING_PORT: '0',
      ESTEIRA_SERVING_PROCESSES: String(processes),
      ESTEIRA_LOG_LEVEL: 'fatal',
    },
  );

  function workers(): readonly number[] {
    return serverFolders(directory)
      .map((place) => join(place, 'server.json'))
      .filter((marker) => existsSync(marker))
      .map((marker) => (JSON.parse(readFileSync(marker, 'utf8')) as { pid: number }).pid)
      .filter((pid) => existsSync(`/proc/${pid}`));
  }

  return {
    client,
    url: String(server.announced.httpUrl),
    workers,
    memoryBytes: () => workers().reduce((sum, pid) => sum + residentBytes(pid), 0),

    async deploy(endpoint, path) {
      const environment = { ESTEIRA_URL: controlPlaneUrl, ESTEIRA_TOKEN: ownerToken, HOME: folder };
      const words = ['deploy', path, '--name', endpoint, '--rps', '100000', '--json'];
      const { code, stdout, stderr } = await runCommand(esteira, words, { environment });
      if (code !== 0) throw new Error(`esteira ${words.join(' ')} ended with ${code}: ${stderr}`);
      const { key, version } = JSON.parse(stdout) as { key: string | null; version: number };
      const { id } = await client.registry.version({ params: { name: endpoint, version: String(version) } });
      return { key, modelVersionId: id };
    },

    async swap(endpoint, modelVersionId) {
      const rollout = { shadowRequests: 0, canaryShares: [], requestsPerStep: 10, maxMinutes: 5 };
      const subject = { endpoint, modelVersionId, rollout };
      const { id } = await client.governance.requestChange({ body: { kind: 'serving.promote', subject } });
      await client.governance.applyChange({ params: { id } });
      for (;;) {
        const { state, reason } = await client.governance.change({ params: { id } });
        if (state === 'succeeded') return;
        if (['failed', 'rolled-back', 'refused'].includes(state))
          throw new Error(`The swap is ${state}: ${reason}`);
        await sleep(50);
      }
    },

    async withoutControlPlane(ms) {
      const { port } = new URL(controlPlaneUrl);
      await controlPlane.end('SIGKILL');
      await sleep(ms);
      controlPlane = await restart(() => place.start({ flags: ['--port', port] }));
    },

    async stop() {
      await server.stop();
      await place.remove();
    },
  };
}

async function dataPlaneToken(client: EsteiraClient): Promise<string> {
  const roles: 'data-plane'[] = ['data-plane'];
  const user = await client.governance.createUser({ body: { name: 'soak', kind: 'service', roles } });
  const { secret } = await client.governance.createToken({
    body: { name: 'soak', userId: user.id, roles, expiresInDays: 1 },
  });
  return secret;
}

/** What was killed may hold its folder for a moment yet. */
async function restart(start: () => Promise<Installation>): Promise<Installation> {
  for (let tries = 0; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(500);
    }
  }
}

function residentBytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1] ?? 0) * 1024;
}
