import { existsSync, renameSync } from 'node:fs';

/** Moves a folder that was made beside its place: what somebody else has put there meanwhile is as good, and stays. */
export function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
