export { type CompiledOnnx, compileOnnx } from './compile-onnx.ts';
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
export { type ReadTreeEnsemble, readTreeEnsemble } from './read-tree-ensemble.ts';
export { settleTrees } from './settle-trees.ts';
export type { SettledTrees } from './settled-trees.ts';
export { withoutZipMap } from './without-zip-map.ts';
