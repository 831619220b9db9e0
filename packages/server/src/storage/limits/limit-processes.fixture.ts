import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { slackSeconds } from '@esteira/model-server/leased-limits';
import { worstExcess } from './limits-simulation.fixture.ts';

const spec = { perSecond: 500, capacity: 500 };
const enough = 2_500;

/**
 * Three processes take from one limit of 500 a second as often as they can, one is killed half-way; every admission of all
 * of them is held against what one process would have admitted. Nothing is measured but counts against their own times.
 */
export async function proveSharedLimit(engine: string, address: string): Promise<void> {
  const scope = randomUUID();
  const times: number[] = [];
  const children = await Promise.all(
    ['a', 'b', 'c'].map((name) => startHolder([engine, address, name, scope], times)),
  );
  try {
    while (times.length < enough / 2) await pause(20);
    children[0]?.kill('SIGKILL');
    while (times.length < enough) await pause(20);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
  times.sort((a, b) => a - b);
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000;
  const allowed = spec.capacity + spec.perSecond * seconds;
  // Times of the admissions and of the store are whole milliseconds of different processes.
  const slack = spec.perSecond * slackSeconds + 10;
  const excess = worstExcess(times, spec);
  assert.ok(excess <= slack, `${excess} more than the limit; ${slack} is the tolerance`);
  // How much of it a busy machine lets them use is for the simulations to say.
  assert.ok(times.length >= 0.5 * allowed, `${times.length} admitted of ${allowed}`);
}

async function startHolder(options: readonly string[], times: number[]): Promise<ChildProcess> {
  const main = fileURLToPath(new URL('./limit-holder.child.ts', import.meta.url));
  const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === 'ready') resolve();
        else times.push(Number(line));
      }
    });
    child.once('exit', () => reject(new Error('The process ended before it was ready.')));
  });
  return child;
}
