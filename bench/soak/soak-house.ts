import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EsteiraClient } from '@esteira/sdk';
import { esteira, runCommand } from '../../packages/cli/src/esteira-command.fixture.ts';
import { createPlace, type Installation, ownerToken } from '../../packages/cli/test/installation.fixture.ts';
import { findBundle } from '../../packages/model-server/src/bundle/bundle.ts';
import { serverFolders } from '../../packages/model-server/src/fleet/process-directory.ts';
import { startProcess } from '../../scripts/interop/start-process.ts';

/** What processes of the model server hold, by name: resident bytes, and open files that are no connections. */
export type HeldResources = readonly {
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
}[];

/** A control plane that comes and goes, and a model server of several processes beside it that follows it. */
export interface SoakHouse {
  readonly client: EsteiraClient;
  /** The model server's REST address. */
  readonly url: string;
  /** Why the model server runs from its sources, as after a change; undefined when it runs as it is installed. */
  readonly notBundled: string | undefined;
  /** Makes an endpoint answer with an ONNX file; returns its key and the version's id. */
  deploy(endpoint: string, path: string): Promise<{ key: string | null; modelVersionId: string }>;
  /** Switches an endpoint over; resolves when every process answers with the version. */
  swap(endpoint: string, modelVersionId: string): Promise<void>;
  /** Kills the control plane, waits, and starts it again on the same address. */
  withoutControlPlane(ms: number): Promise<void>;
  /** Process ids of the processes that answer. */
  workers(): readonly number[];
  /** Of the processes that answer, and of the one that keeps them. */
  held(): HeldResources;
  /** Resident bytes of the control plane, which is another process after it was away. */
  controlPlaneBytes(): number;
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, '../..');
const installed = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/esteira');

export async function openSoakHouse(folder: string, processes: number): Promise<SoakHouse> {
  const place = createPlace(folder);
  let controlPlane = await place.start();
  const { client, url: controlPlaneUrl } = controlPlane;
  const directory = join(folder, 'model-server');
  mkdirSync(directory);
  const server = await startProcess(process.execPath, [join(root, 'packages/model-server/src/main.ts')], {
    NODE_COMPILE_CACHE: installed,
    ESTEIRA_URL: controlPlaneUrl,
    ESTEIRA_TOKEN: await dataPlaneToken(client),
    ESTEIRA_MODEL_SERVER_DIR: directory,
    ESTEIRA_SERVING_PORT: '0',
    ESTEIRA_SERVING_PROCESSES: String(processes),
    ESTEIRA_LOG_LEVEL: 'fatal',
  });

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
    notBundled: problemOfBundle(),
    workers,

    held() {
      const pids = workers();
      const keeper = pids.length > 1 ? pids.slice(0, 1).map((pid) => statusOf(pid, 'PPid')) : [];
      return [...pids, ...keeper].map((pid, at) => ({
        name: at < pids.length ? `process ${at}` : 'their keeper',
        bytes: 1024 * statusOf(pid, 'VmRSS'),
        files: openFiles(pid),
      }));
    },

    controlPlaneBytes: () => 1024 * statusOf(controlPlane.child.pid ?? 0, 'VmRSS'),

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

function problemOfBundle(): string | undefined {
  const bundle = findBundle(join(installed, 'model-server'), root);
  return 'problem' in bundle ? bundle.problem : undefined;
}

/** The number in a line of what the kernel tells of a process. */
function statusOf(pid: number, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1] ?? 0);
}

function openFiles(pid: number): number {
  let files = 0;
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (!readlinkSync(`/proc/${pid}/fd/${name}`).startsWith('socket:')) files += 1;
    } catch {
      // It was closed meanwhile.
    }
  }
  return files;
}
