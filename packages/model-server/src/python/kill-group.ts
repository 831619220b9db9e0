import type { ChildProcess } from 'node:child_process';

/** Ends a process that was started detached, with whatever it started: they are a group of their own. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
