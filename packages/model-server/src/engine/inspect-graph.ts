import type { Tensor } from '../protocol/tensor.ts';
import { modelMemoryBytes } from './model-memory.ts';
import { startOnnxProcess } from './onnx-process.ts';
import type { GraphTensor } from './onnx-session.ts';

/** What the runtime says of a graph, and what the graph answers. */
interface InspectedGraph {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
  readonly answers: readonly (readonly Tensor[])[];
}

/**
 * Loads a graph in a process of its own and asks it the given questions (the tensors of each). Rejects when the runtime
 * refuses the graph, it takes longer than `timeoutMs` or more memory than a model may; the process is ended in any case.
 */
export async function inspectGraph(
  bytes: Uint8Array,
  questions: readonly (readonly Tensor[])[],
  timeoutMs: number,
): Promise<InspectedGraph> {
  const deadline = performance.now() + timeoutMs;
  const graph = await startOnnxProcess(bytes, {
    loadMs: timeoutMs,
    memoryBytes: modelMemoryBytes(bytes.length),
  });
  const late = setTimeout(() => graph.kill(), Math.max(0, deadline - performance.now()));
  try {
    const answers: (readonly Tensor[])[] = [];
    for (const question of questions) answers.push((await graph.run(question)).outputs);
    return { inputs: graph.inputs, outputs: graph.outputs, answers };
  } catch (error) {
    if (performance.now() >= deadline)
      throw new Error(`The graph did not answer within ${timeoutMs} ms.`, { cause: error });
    throw error;
  } finally {
    clearTimeout(late);
    graph.kill();
  }
}
