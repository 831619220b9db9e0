import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownProcesses, processDirectory } from './process-directory.ts';

/** What a serving process leaves in its folder, which nobody else may read. */
export interface ProcessIdentity {
  readonly httpUrl: string;
  readonly boot: string;
  /** Opens `/boot`. */
  readonly bootToken: string;
}

const patienceMs = 1_000;

/** Those that share the port with the process of that boot. */
export function otherProcesses(directory: string, ownBoot: string): readonly ProcessIdentity[] {
  const others: ProcessIdentity[] = [];
  for (const number of knownProcesses(directory)) {
    const identity = readIdentity(processDirectory(directory, number));
    if (identity !== undefined && identity.boot !== ownBoot) others.push(identity);
  }
  return others;
}

/** Undefined where none is at work, or one that was killed left no whole marker. */
export function readIdentity(directory: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'server.json'), 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** What a process answers by its own door; undefined of one that has just died, which is back in a moment. */
export async function askProcess(
  { httpUrl }: ProcessIdentity,
  path: string,
  token: string,
): Promise<string | undefined> {
  try {
    const answer = await fetch(httpUrl + path, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(patienceMs),
    });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}
