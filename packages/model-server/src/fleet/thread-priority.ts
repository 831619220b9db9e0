import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Of two threads that want one processor, the other gets nine tenths of it. */
export const lowPriority: number = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * Whether this process may give a priority back that it lowered: only by the rights of the system (CAP_SYS_NICE) or a limit
 * (RLIMIT_NICE). Tried on one of the threads that help this process, so that nothing is lost where it may not.
 */
export function mayRaisePriority(): boolean {
  const helping = threadsOf(process.pid).find((thread) => thread !== process.pid);
  if (helping === undefined) return false;
  try {
    const before = getPriority(helping);
    if (before >= lowPriority) return false;
    setPriority(helping, before + 1);
    setPriority(helping, before);
    return true;
  } catch {
    return false;
  }
}

/** Of every thread of a process: on Linux each has its own, and a new one that of the thread which made it. */
export function setPriorityOfThreads(pid: number, priority: number): void {
  // A second time for those that were made meanwhile.
  for (let round = 0; round < 2; round++) {
    for (const thread of threadsOf(pid)) {
      try {
        setPriority(thread, priority);
      } catch {
        // It has ended.
      }
    }
  }
}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
