import type { ModelExamples, ModelSignature, PythonRuntime } from '@esteira/contracts';

/** `metadata.task` of an MLmodel whose model answers documents: MLflow's ResponsesAgent, ChatModel and ChatAgent. */
export const agentTasks: ReadonlySet<string> = new Set([
  'agent/v1/responses',
  'agent/v1/chat',
  'agent/v2/chat',
]);

const request = 'request';
const answer = 'answer';
const characters = 'characters';

/**
 * The signature of an agent. Its documents have objects within objects, which no tensor holds, so they go in and out as texts;
 * the number that is monitored is how long the answer is, in characters.
 */
export function agentSignature(python: Omit<PythonRuntime, 'form' | 'dates'>): ModelSignature {
  return {
    task: 'regression',
    inputs: [{ name: request, datatype: 'BYTES', shape: [-1] }],
    outputs: [
      { name: answer, datatype: 'BYTES', shape: [-1] },
      { name: characters, datatype: 'FP64', shape: [-1] },
    ],
    features: [{ name: request, type: 'text', input: request, index: 0, missing: false }],
    label: null,
    score: { output: characters, column: 0 },
    classes: [],
    operators: [],
    call: {
      takes: {
        kind: 'columns',
        columns: [{ name: request, type: 'string', required: true, input: request, index: 0 }],
      },
      params: [],
      gives: { outputs: [answer], bare: false },
    },
    python: { ...python, form: 'document', dates: [] },
  };
}

/** One question: the document that the agent was logged with. */
export function agentExamples(document: string): ModelExamples {
  return { features: [], textFeatures: [request], rows: [[]], textRows: [[document]], expected: [] };
}
