export { inspectGraph } from './engine/inspect-graph.ts';
export type { GraphTensor } from './engine/onnx-session.ts';
