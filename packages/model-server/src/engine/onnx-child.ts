import type { Tensor } from '../protocol/tensor.ts';
import { createOnnxSession, type GraphTensor } from './onnx-session.ts';

/** A process with one session, which may be killed at any time. The first questions bring the graph, in parts. */
export type ChildQuestion =
  | { readonly kind: 'part'; readonly bytes: Uint8Array }
  | { readonly kind: 'load' }
  | { readonly kind: 'run'; readonly id: number; readonly feeds: readonly Tensor[] };

export type ChildAnswer =
  | {
      readonly kind: 'loaded';
      readonly inputs: readonly GraphTensor[];
      readonly outputs: readonly GraphTensor[];
      readonly ms: number;
    }
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'answer'; readonly id: number; readonly outputs: readonly Tensor[]; readonly ms: number }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: string };

const parts: Uint8Array[] = [];
let session: Awaited<ReturnType<typeof createOnnxSession>> | undefined;

process.on('message', (question: ChildQuestion) => {
  if (question.kind === 'part') parts.push(question.bytes);
  else if (question.kind === 'load') void load(Buffer.concat(parts.splice(0)));
  else void run(question.id, question.feeds);
});
// Whoever asked is gone.
process.on('disconnect', () => process.exit(0));

async function load(bytes: Uint8Array): Promise<void> {
  const started = performance.now();
  try {
    session = await createOnnxSession(bytes);
    const { inputs, outputs } = session;
    say({ kind: 'loaded', inputs, outputs, ms: performance.now() - started });
  } catch (error) {
    say({ kind: 'refused', problem: problemOf(error) });
  }
}

async function run(id: number, feeds: readonly Tensor[]): Promise<void> {
  const started = performance.now();
  try {
    if (session === undefined) throw new Error('No graph is loaded.');
    const outputs = await session.run(new Map(feeds.map((tensor) => [tensor.name, tensor])));
    say({ kind: 'answer', id, outputs: [...outputs.values()], ms: performance.now() - started });
  } catch (error) {
    say({ kind: 'failed', id, problem: problemOf(error) });
  }
}

function say(answer: ChildAnswer): void {
  process.send?.(answer);
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
