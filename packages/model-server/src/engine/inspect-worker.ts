import { parentPort, workerData } from 'node:worker_threads';
import type { Tensor } from '../protocol/tensor.ts';
import { createOnnxSession, type GraphTensor } from './onnx-session.ts';

/** What the runtime says of a graph, and what the graph answers. */
export interface InspectedGraph {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
  readonly answers: readonly (readonly Tensor[])[];
}

export interface InspectorQuestion {
  readonly bytes: Uint8Array;
  readonly questions: readonly (readonly Tensor[])[];
}

export type InspectorAnswer = InspectedGraph | { readonly problem: string };

const port = parentPort;
if (port === null) throw new Error('This file runs in a worker thread only.');
port.postMessage(await inspect(workerData as InspectorQuestion));

async function inspect({ bytes, questions }: InspectorQuestion): Promise<InspectorAnswer> {
  try {
    const session = await createOnnxSession(bytes);
    const answers: Tensor[][] = [];
    for (const question of questions) {
      const outputs = await session.run(new Map(question.map((tensor) => [tensor.name, tensor])));
      answers.push([...outputs.values()]);
    }
    return { inputs: session.inputs, outputs: session.outputs, answers };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
