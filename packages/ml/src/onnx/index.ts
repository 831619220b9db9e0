export { exportOnnx } from './export-onnx.ts';
export type {
  OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from './onnx-model.ts';
export { type OnnxLimits, readOnnx } from './read-onnx.ts';
