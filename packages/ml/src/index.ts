export * from './metrics/index.ts';
export { MlInputError } from './ml-input-error.ts';
export * from './onnx/index.ts';
export * from './preprocessing/index.ts';
export { createRandom, type Random } from './random.ts';
export * from './samplers/index.ts';
export * from './statistics/index.ts';
export * from './trainers/index.ts';
