import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface LightgbmPeer {
  readonly version: string;
  readonly binningSeconds: number;
  trainSeconds(): Promise<number>;
  writeScores(path: string): Promise<void>;
  close(): void;
}

/** Starts lightgbm_peer.py in the Python of $ESTEIRA_BENCH_PYTHON or bench/ml/.venv. */
export async function startLightgbm(
  folder: string,
  rows: number,
  features: number,
  heldOut: number,
): Promise<LightgbmPeer> {
  const here = import.meta.dirname;
  const python = process.env.ESTEIRA_BENCH_PYTHON ?? join(here, '.venv/bin/python');
  if (!existsSync(python)) throw new Error(`There is no Python at ${python}; see bench/ml/README.md.`);
  const child = spawn(
    python,
    [join(here, 'lightgbm_peer.py'), folder, String(rows), String(features), String(heldOut)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Record<string, unknown>> => {
    const line = await lines.next();
    if (line.done) throw new Error('The LightGBM process ended early.');
    return JSON.parse(line.value);
  };
  const first = await answer();
  return {
    version: String(first.version),
    binningSeconds: Number(first.binning),
    async trainSeconds() {
      child.stdin.write('train\n');
      return Number((await answer()).training);
    },
    async writeScores(path) {
      child.stdin.write(`scores ${path}\n`);
      await answer();
    },
    close: () => child.stdin.end(),
  };
}
