import { parentPort, type Transferable } from 'node:worker_threads';
import type { WorkerAnswer } from './compute-worker.ts';

/** A task of a worker thread. `transfer` names the buffers of the result that change hands. */
export type ComputeTask = (
  input: unknown,
  report: (share: number, message: string) => void,
) =>
  | Promise<{ result: unknown; transfer?: readonly Transferable[] }>
  | { result: unknown; transfer?: readonly Transferable[] };

/** The thread's side of `openComputeWorker`: answers calls one after the other, or `together` where they only wait. */
export function serveComputeWorker(
  tasks: Readonly<Record<string, ComputeTask>>,
  { together = false }: { readonly together?: boolean } = {},
): void {
  const port = parentPort;
  if (!port) throw new Error('serveComputeWorker runs in worker threads only');
  let queue = Promise.resolve();
  port.on('message', ({ call, task, input }: { call: number; task: string; input: unknown }) => {
    const answer = () => answerCall(call, task, input);
    queue = together ? answer() : queue.then(answer);
  });

  async function answerCall(call: number, task: string, input: unknown): Promise<void> {
    try {
      const run = tasks[task];
      if (!run) throw new Error(`no task ${task}`);
      const { result, transfer } = await run(input, (share, message) => {
        port?.postMessage({ call, progress: { share, message } } satisfies WorkerAnswer);
      });
      port?.postMessage({ call, result } satisfies WorkerAnswer, [...(transfer ?? [])]);
    } catch (error) {
      port?.postMessage({ call, error: describe(error) } satisfies WorkerAnswer);
    }
  }
}

function describe(error: unknown): NonNullable<WorkerAnswer['error']> {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(code ? { code } : {}),
    ...(error.stack ? { stack: error.stack } : {}),
  };
}
