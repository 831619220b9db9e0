import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the process of a number keeps its spool and its name: the first in the folder of the server itself. */
export function processDirectory(directory: string, number: number): string {
  return number === 0 ? directory : join(directory, 'processes', String(number));
}

/** Numbers of processes that have run here, the first included. */
export function knownProcesses(directory: string): readonly number[] {
  const place = join(directory, 'processes');
  const others = existsSync(place) ? readdirSync(place).map(Number) : [];
  return [0, ...others.filter((number) => Number.isInteger(number) && number > 0)].sort((a, b) => a - b);
}

/** The folders of a model server and of every process it has had. */
export function serverFolders(directory: string): readonly string[] {
  return knownProcesses(directory).map((number) => processDirectory(directory, number));
}

/** Whether predictions of a process wait to be shipped. */
export function hasUnshipped(directory: string): boolean {
  const spool = join(directory, 'spool');
  if (!existsSync(spool)) return false;
  const last = readdirSync(spool)
    .filter((name) => /^\d{16}\.ndjson$/.test(name))
    .sort()
    .at(-1);
  if (last === undefined) return false;
  const end = Number(last.slice(0, 16)) + statSync(join(spool, last)).size;
  const path = join(spool, 'acknowledged');
  return end > (existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0);
}
