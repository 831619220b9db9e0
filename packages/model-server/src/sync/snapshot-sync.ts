import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataPlaneSnapshot } from '@esteira/contracts/data-plane';
import type { ServedEndpoints } from './apply-snapshot.ts';
import type { ControlPlane } from './control-plane.ts';

/** Keeps the endpoints at the newest snapshot; starts from the one kept on disk. */
export interface SnapshotSync {
  /** Revision of the snapshot in force; -1 before the first. */
  revision(): number;
  stop(): void;
}

/**
 * Applies the snapshot on disk, if there is one, and then follows the control plane by long polls. A snapshot is kept on
 * disk once it is applied. Resolves when the server has a snapshot to serve, or has asked for one and must wait.
 */
export async function startSnapshotSync(deps: {
  readonly directory: string;
  /** Folder of another process on this machine; its snapshot is taken at the start where it is newer. */
  readonly elsewhere?: string;
  readonly endpoints: ServedEndpoints;
  readonly controlPlane: ControlPlane | undefined;
  readonly onApplied: () => void;
  readonly onProblem: (error: unknown) => void;
}): Promise<SnapshotSync> {
  const path = join(deps.directory, 'snapshot.json');
  const stopping = new AbortController();
  let revision = -1;
  const kept = newest([deps.directory, ...(deps.elsewhere === undefined ? [] : [deps.elsewhere])]);
  if (kept !== undefined) {
    await deps.endpoints.apply(kept);
    revision = kept.revision;
    deps.onApplied();
  }
  if (deps.controlPlane !== undefined) void follow(deps.controlPlane);

  async function follow(controlPlane: ControlPlane): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const asked = performance.now();
        const snapshot = await controlPlane.snapshot(revision, stopping.signal);
        failures = 0;
        if (snapshot === undefined) {
          // An answer before its time comes from a control plane that is about to end.
          if (performance.now() - asked < 1_000) await pause(250, stopping.signal);
          continue;
        }
        await deps.endpoints.apply(snapshot);
        revision = snapshot.revision;
        await writeFile(`${path}.new`, JSON.stringify(snapshot), { mode: 0o600 });
        await rename(`${path}.new`, path);
        deps.onApplied();
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures += 1;
        if (failures === 1) deps.onProblem(error);
        await pause(Math.min(5_000, 100 * 2 ** Math.min(failures, 6)), stopping.signal);
      }
    }
  }

  return { revision: () => revision, stop: () => stopping.abort() };
}

function newest(directories: readonly string[]): DataPlaneSnapshot | undefined {
  let found: DataPlaneSnapshot | undefined;
  for (const directory of directories) {
    const path = join(directory, 'snapshot.json');
    if (!existsSync(path)) continue;
    const kept = DataPlaneSnapshot.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (found === undefined || kept.revision > found.revision) found = kept;
  }
  return found;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
