export { exampleTensors } from './engine/example-tensors.ts';
export { inspectGraph } from './engine/inspect-graph.ts';
export { createRuleRunner } from './engine/rule-runner.ts';
export { inferenceRoutes } from './protocol/rest/routes.ts';
export type { Tensor as GraphTensorValues } from './protocol/tensor.ts';
export { type ConvertedColumn, openOriginal } from './python/convert-model.ts';
export type { PythonPlace } from './python/prepare-python.ts';
