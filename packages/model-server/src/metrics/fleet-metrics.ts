import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownProcesses, processDirectory } from '../fleet/process-directory.ts';

const patienceMs = 1_000;

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
  const asked: Promise<string>[] = [];
  for (const number of knownProcesses(directory)) {
    const marker = join(processDirectory(directory, number), 'server.json');
    if (!existsSync(marker)) continue;
    const { httpUrl, boot } = JSON.parse(readFileSync(marker, 'utf8')) as { httpUrl: string; boot: string };
    if (boot !== ownBoot) asked.push(ask(httpUrl, metricsToken));
  }
  return joinMetrics([own, ...(await Promise.all(asked))]);
}

async function ask(url: string, token: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/metrics?own`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(patienceMs),
    });
    return answer.ok ? await answer.text() : '';
  } catch {
    // One that has just died is back in a moment; its counters begin anew either way.
    return '';
  }
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
