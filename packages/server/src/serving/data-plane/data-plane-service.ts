import type { DataPlaneSnapshot, DataPlaneStatus, ServableVersion } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { BlobStore, DirectoryEntry } from '../../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { raiseSnapshotRevision, snapshotRevision } from '../endpoints/endpoint-store.ts';
import { markUsed } from '../endpoints/key-store.ts';
import type { ModelSecrets } from '../endpoints/model-secrets.ts';
import type { ProbeKeys } from '../endpoints/probe-keys.ts';
import type { ServingNews } from '../news.ts';
import { saveAnswered } from '../predictions/intake-store.ts';
import { buildSnapshot } from './build-snapshot.ts';
import { createModelClient, type ModelClient } from './model-client.ts';
import { listDataPlanes, saveStatus } from './status-store.ts';

export interface DataPlaneDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly news: ServingNews;
  readonly probeKeys: ProbeKeys;
  readonly modelSecrets: Pick<ModelSecrets, 'open'>;
  /** Where this process's own model server of the workspace listens; undefined while it does not. */
  readonly ownUrl: (workspace: string) => string | undefined;
  readonly findVersion: (workspace: string, id: string) => Promise<ServableVersion | undefined>;
  readonly projects: Parameters<typeof buildSnapshot>[0]['projects'];
}

/** The control plane's side of its model servers. */
export interface DataPlane {
  /** Waits for a snapshot newer than `after`; undefined when none came in time, or before the signal. */
  snapshot(workspace: string, after: number, signal: AbortSignal): Promise<DataPlaneSnapshot | undefined>;
  /** A file of a bundle in the workspace's snapshot. Throws BLOB_NOT_FOUND. */
  bundleFile(
    workspace: string,
    digest: string,
    file: string,
  ): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }>;
  status(context: RequestContext, status: DataPlaneStatus): Promise<void>;
  /** Model servers that reported lately. */
  alive(workspace: string): Promise<readonly DataPlaneStatus[]>;
  /**
   * Waits until every live model server serves that revision of the endpoint (and keeps the standby version warm, when one is
   * named). Throws DATA_PLANE_AWAY with the reason when it does not come to that.
   */
  waitServed(
    workspace: string,
    wanted: ServedState,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<readonly DataPlaneStatus[]>;
  /** A client of the live endpoint that asks as the platform; its questions are logged apart. Throws DATA_PLANE_AWAY. */
  probe(workspace: string, endpoint: string, version: ServableVersion): Promise<ModelClient>;
  /** Where and with which key the platform asks the live endpoint itself. Throws DATA_PLANE_AWAY. */
  probeDoor(workspace: string, endpoint: string): Promise<{ httpUrl: string; key: string }>;
  /** New probe keys came with this process, so every model server needs a new snapshot. */
  renewSnapshots(workspaces: readonly string[]): Promise<void>;
}

interface ServedState {
  readonly endpoint: string;
  readonly revision: number;
  readonly standby?: string;
}

const longPollMs = 25_000;
/** Model servers report every two seconds. */
export const aliveMs = 10_000;

/** Where this process asks a model server. */
export function innerUrlOf(server: DataPlaneStatus): string {
  return server.innerUrl ?? server.httpUrl;
}

/** What stands at a path below a stored directory. */
async function findEntry(
  blobs: BlobStore,
  directory: string,
  [name, ...below]: readonly string[],
): Promise<DirectoryEntry | undefined> {
  const entry = (await blobs.getDirectory(directory)).find((candidate) => candidate.name === name);
  if (below.length === 0 || entry === undefined) return entry;
  return entry.kind === 'directory' ? await findEntry(blobs, entry.digest, below) : undefined;
}

export function createDataPlane(deps: DataPlaneDeps): DataPlane {
  const { sql, news, clock } = deps;

  async function alive(workspace: string): Promise<readonly DataPlaneStatus[]> {
    const seen = await listDataPlanes(sql, workspace, clock.now() - aliveMs);
    return seen.map(({ status }) => status).filter((status) => status.leaving !== true);
  }

  async function probeDoor(workspace: string, endpoint: string): Promise<{ httpUrl: string; key: string }> {
    const servers = await alive(workspace);
    // Another replica's may be out of reach, behind an address that only its own machine knows.
    const own = deps.ownUrl(workspace);
    const server = servers.find(({ httpUrl }) => httpUrl === own) ?? servers[0];
    if (server === undefined)
      throw esteiraError('DATA_PLANE_AWAY', { problem: 'no model server has reported' });
    return { httpUrl: innerUrlOf(server), key: deps.probeKeys.secretFor(workspace, endpoint) };
  }

  return {
    alive,

    async snapshot(workspace, after, signal) {
      const look = async () => {
        if ((await snapshotRevision(sql, workspace)) <= after) return undefined;
        return await buildSnapshot(deps, workspace);
      };
      try {
        return await news.waitFor(workspace, look, { timeoutMs: longPollMs, signal });
      } catch (error) {
        // Nothing is wrong: this server is about to end, or nobody waits any more.
        if (signal.aborted) return undefined;
        throw error;
      }
    },

    async bundleFile(workspace, digest, file) {
      const { endpoints } = await buildSnapshot(deps, workspace);
      const text = JSON.stringify(endpoints);
      // Only what an endpoint of this workspace serves: a token of one workspace reads nothing of another.
      if (!text.includes(`"${digest}"`)) throw esteiraError('BLOB_NOT_FOUND', { digest });
      const entry = await findEntry(deps.blobs, digest, file.split('/'));
      if (entry?.kind !== 'file') throw esteiraError('BLOB_NOT_FOUND', { digest });
      return { size: entry.size, bytes: deps.blobs.get(entry.digest) };
    },

    async status(context, status) {
      const { workspace } = context;
      const at = clock.now();
      await sql.transaction(async (tx) => {
        await saveStatus(tx, workspace, { status, seenAt: at });
        await markUsed(tx, workspace, status.keys);
        // While rows wait in the spool, what was answered and what was kept cannot be held against each other.
        if (status.spool.acknowledged === status.spool.end) {
          for (const { name, answered } of status.endpoints) {
            if (answered === 0) continue;
            await saveAnswered(tx, workspace, {
              endpoint: name,
              source: status.source,
              boot: status.boot,
              answered,
              at,
            });
          }
        }
        news.announce(tx, workspace);
      });
    },

    async waitServed(workspace, wanted, { timeoutMs, signal }) {
      let missing = 'no model server has reported';
      const served = await news.waitFor(
        workspace,
        async () => {
          const servers = await alive(workspace);
          if (servers.length === 0) return undefined;
          for (const server of servers) {
            const endpoint = server.endpoints.find((candidate) => candidate.name === wanted.endpoint);
            if (endpoint?.problem && endpoint.wantedRevision >= wanted.revision) {
              throw esteiraError('DATA_PLANE_AWAY', { problem: endpoint.problem.replace(/\.$/, '') });
            }
            if (endpoint === undefined || endpoint.revision < wanted.revision || !server.ready) {
              missing = `revision ${wanted.revision} of ${wanted.endpoint} is not served yet`;
              return undefined;
            }
            if (wanted.standby !== undefined && !endpoint.standbyReady.includes(wanted.standby)) {
              missing = `the version ${wanted.standby} is not warm yet`;
              return undefined;
            }
          }
          return servers;
        },
        { timeoutMs, ...(signal === undefined ? {} : { signal }) },
      );
      if (served === undefined) throw esteiraError('DATA_PLANE_AWAY', { problem: missing });
      return served;
    },

    probeDoor,

    async probe(workspace, endpoint, version) {
      const door = await probeDoor(workspace, endpoint);
      return createModelClient({ ...door, endpoint, signature: version.signature });
    },

    async renewSnapshots(workspaces) {
      if (workspaces.length === 0) return;
      await sql.transaction(async (tx) => {
        for (const workspace of workspaces) {
          await raiseSnapshotRevision(tx, workspace);
          news.announce(tx, workspace);
        }
      });
    },
  };
}
