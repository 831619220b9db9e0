import { askProcess, otherProcesses } from '../fleet/other-processes.ts';

/**
 * The metrics of every process that shares a port, as one text: each asks the others by their own doors. Samples carry the
 * number of their process, so that a sum over them is right whoever dies and comes back.
 */
export async function readFleetMetrics(
  directory: string,
  ownBoot: string,
  metricsToken: string,
  own: string,
): Promise<string> {
  const others = otherProcesses(directory, ownBoot);
  const asked = await Promise.all(others.map((other) => askProcess(other, '/metrics?own', metricsToken)));
  return joinMetrics([own, ...asked.filter((text) => text !== undefined)]);
}

/** Puts texts together: one heading for each metric, then the samples of all. */
export function joinMetrics(texts: readonly string[]): string {
  const blocks = new Map<string, { head: string; samples: string }>();
  for (const text of texts) {
    for (const block of text.split(/^(?=# HELP )/m)) {
      const [, name = '', head = '', samples = ''] =
        /^# HELP (\S+)((?:.*\n)# TYPE .*\n)([\s\S]*)$/.exec(block) ?? [];
      if (name === '') continue;
      const known = blocks.get(name) ?? { head: `# HELP ${name}${head}`, samples: '' };
      known.samples += samples;
      blocks.set(name, known);
    }
  }
  return [...blocks.values()].map(({ head, samples }) => head + samples).join('');
}
