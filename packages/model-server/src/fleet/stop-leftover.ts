import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from './is-alive.ts';
import { type ProcessIdentity, readIdentity } from './other-processes.ts';

/** What a process that runs says of itself to whoever has its token. */
interface RunningIdentity {
  readonly boot: string;
  readonly pid: number;
  /** The process that keeps it, while that one lives. */
  readonly keeper: number | null;
}

export { serverFolders } from './process-directory.ts';

const patienceMs = 10_000;
const stepMs = 100;

/**
 * Stops the model server that an earlier start left behind in a folder: it outlives whoever started it, and two must not
 * write one spool. Where its processes are kept by another, that one is asked, so that they do not come back.
 */
export async function stopLeftover(directory: string, signal: AbortSignal): Promise<boolean> {
  const marker = join(directory, 'server.json');
  const left = readIdentity(directory);
  if (left === undefined) return false;
  const running = await askIdentity(left);
  // The process id may belong to another program by now: only who answers with the same boot id is stopped.
  if (running === undefined) return false;
  process.kill(running.keeper ?? running.pid, 'SIGTERM');
  for (let waited = 0; waited < patienceMs && !signal.aborted; waited += stepMs) {
    if ((await askIdentity(left)) === undefined) break;
    await pause(stepMs);
  }
  if ((await askIdentity(left)) !== undefined) process.kill(running.pid, 'SIGKILL');
  // It answers no more but may still be shipping; its folder is free when the marker is gone.
  for (let waited = 0; waited < patienceMs && existsSync(marker) && isAlive(running.pid); waited += stepMs)
    await pause(stepMs);
  return true;
}

async function askIdentity({
  httpUrl,
  boot,
  bootToken,
}: ProcessIdentity): Promise<RunningIdentity | undefined> {
  try {
    const answer = await fetch(`${httpUrl}/boot`, {
      headers: { authorization: `Bearer ${bootToken}` },
      signal: AbortSignal.timeout(2_000),
    });
    const said = (await answer.json()) as RunningIdentity;
    return said.boot === boot ? said : undefined;
  } catch {
    return undefined;
  }
}
