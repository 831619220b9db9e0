import type { ModelSignature } from '@esteira/contracts';
import type { ModelRunner } from '../engine/model-runner.ts';
import { createProcessRunner } from '../engine/process-runner.ts';
import { answersRowByRow } from '../engine/same-answers.ts';
import { noValues, warmUpRows } from '../engine/warm-up-rows.ts';
import type { PythonProcess } from './python-process.ts';
import { createStreamProcesses } from './stream-processes.ts';

const comparedRows = [0, 1, 2, 3];
/** Each has the whole model in memory. */
const maximumStreams = 8;
/** Code that never ends on made-up rows would hold up its endpoint, and keep a processor busy, for ever. */
const comparedMs = 30_000;

/**
 * A model that is answered by Python processes, each with the whole model in memory: more of them only while one cannot
 * keep up. One that takes longer than `patienceMs` (30 s) for made-up rows is served all the same: the endpoint's deadline
 * holds for what it is asked. Rejects when the first cannot be started, or the signal is given: the server stops.
 */
export async function createPythonRunner(
  start: () => Promise<PythonProcess>,
  signature: ModelSignature,
  maximumProcesses: number,
  { signal, patienceMs = comparedMs }: { readonly signal: AbortSignal; readonly patienceMs?: number },
): Promise<ModelRunner> {
  const began = performance.now();
  const first = await start();
  const joinable = await isJoinable(
    first,
    signature,
    AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
  );
  const spare = first.ended() ? await start() : first;
  const processes = createProcessRunner({ start, spare, joinable, maximumProcesses });
  const streams = first.streams ? createStreamProcesses({ start, maximum: maximumStreams }) : undefined;
  return {
    ...processes,
    ...(streams === undefined ? {} : { stream: streams.open }),
    waiting: () => processes.waiting() + (streams?.running() ?? 0),
    coldMs: performance.now() - began,
    engine: 'process',
    async close() {
      processes.close();
      streams?.close();
    },
  };
}

/**
 * Whether rows may be answered together; a model that refuses made-up rows is asked about each request alone, and so is one
 * that does not come to an end with them, whose process is ended.
 */
async function isJoinable(
  process: PythonProcess,
  signature: ModelSignature,
  signal: AbortSignal,
): Promise<boolean> {
  const rows = warmUpRows(signature, noValues, comparedRows.length);
  const stop = (): void => process.kill();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const { outputs: together } = await process.run(rows);
    const asked = { rows, together, count: comparedRows.length, alone: comparedRows };
    // Code may branch on the last digit of a number: only equal answers are the same.
    return await answersRowByRow(process, { ...asked, tolerance: 0 });
  } catch {
    return false;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
