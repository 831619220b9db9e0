import type { ArmCount } from '../engine/endpoint-counters.ts';
import { askProcess, otherProcesses } from './other-processes.ts';

/** Counts of arms by the name of the endpoint. */
export type EndpointCounts = Readonly<Record<string, readonly ArmCount[]>>;

/**
 * What every process that shares the port has counted since its start, put together: whoever asks for statistics cannot
 * choose one of them. A process that does not answer is left out.
 */
export async function readFleetCounts(
  directory: string,
  ownBoot: string,
  own: EndpointCounts,
): Promise<EndpointCounts> {
  const others = otherProcesses(directory, ownBoot);
  const answers = await Promise.all(others.map((other) => askProcess(other, '/boot', other.bootToken)));
  const joined: Record<string, readonly ArmCount[]> = { ...own };
  for (const answer of answers) {
    if (answer === undefined) continue;
    const { counts } = JSON.parse(answer) as { readonly counts: EndpointCounts };
    for (const [name, arms] of Object.entries(counts)) joined[name] = [...(joined[name] ?? []), ...arms];
  }
  return joined;
}
