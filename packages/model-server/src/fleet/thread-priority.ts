import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Ten steps down: of two threads that want one processor, the other gets nine tenths of it. */
export function lowerPriority(priority: number): number {
  return Math.min(constants.priority.PRIORITY_LOW, priority + 10);
}

/**
 * Whether this process may give a priority back that it lowered: only by the rights of the system (CAP_SYS_NICE) or a limit
 * (RLIMIT_NICE). Tried on one of the threads that help this process, so that nothing is lost where it may not.
 */
export function mayRaisePriority(): boolean {
  const helping = threadsOf(process.pid).find((thread) => thread !== process.pid);
  if (helping === undefined) return false;
  try {
    const before = getPriority(helping);
    if (before === constants.priority.PRIORITY_LOW) return false;
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
