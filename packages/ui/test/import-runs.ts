import type { PlatformProcess } from './platform-process.ts';

/** The runs with the greatest and the least score. */
export const greatestAt = 1_234;
export const leastAt = 20_001;

export function nameOf(index: number): string {
  return `trial-${String(index).padStart(5, '0')}`;
}

/** Finished runs of an experiment, a second apart, the last the youngest: each with its depth and its score. */
export async function importRuns(
  { client }: PlatformProcess,
  experiment: string,
  runs: number,
): Promise<void> {
  const now = Date.now();
  const { items } = await client.imports.experiments({
    body: { items: [{ name: experiment, createdAt: now, updatedAt: now }] },
  });
  const experimentId = items[0]?.id ?? '';
  for (let from = 0; from < runs; from += 1_000) {
    const indexes = Array.from({ length: Math.min(1_000, runs - from) }, (_, offset) => from + offset);
    const id = (index: number) => `run_${nameOf(index)}`;
    await client.imports.runs({
      body: {
        items: indexes.map((index) => ({
          id: id(index),
          experimentId,
          name: nameOf(index),
          status: 'succeeded' as const,
          startedAt: now - (runs - index) * 1_000,
          finishedAt: now,
          params: [['depth', String(index % 7)]] as [string, string][],
        })),
      },
    });
    await client.imports.points({
      body: {
        items: indexes.map((index) => ({
          runId: id(index),
          name: 'score',
          points: [[0, now, scoreOf(index, runs)]] as [number, number, number][],
        })),
      },
    });
  }
}

function scoreOf(index: number, runs: number): number {
  if (index === greatestAt) return 2;
  return index === leastAt ? -2 : ((index * 7919) % runs) / runs;
}
