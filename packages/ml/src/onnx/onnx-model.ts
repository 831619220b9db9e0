import type { SettledTrees } from './settled-trees.ts';

/** An ONNX model as plain values (onnx.proto, IR version 3 and up); what readOnnx gives. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: OnnxGraph;
  readonly metadata: Readonly<Record<string, string>>;
  /** Every operator used, subgraphs and functions included, sorted: 'ai.onnx.Concat', 'ai.onnx.ml.Scaler'. */
  readonly operators: readonly string[];
  /** Domains used that are neither ai.onnx nor ai.onnx.ml: custom operators a runtime may lack. */
  readonly unknownDomains: readonly string[];
  /** Names of the functions the model defines itself. */
  readonly functions: readonly string[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** Without those that are only initializers. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

export interface OnnxNode {
  readonly name: string;
  /** Domain and operator: 'ai.onnx.ml.Scaler'; the default domain is written out as 'ai.onnx'. */
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export type OnnxAttribute =
  | { readonly kind: 'float'; readonly value: number }
  /** int64; beyond 2^53 rounded. */
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'graph'; readonly value: OnnxGraph }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly OnnxTensor[] }
  | { readonly kind: 'graphs'; readonly value: readonly OnnxGraph[] }
  /** In the place of the lists of a tree ensemble: `settleTrees`. */
  | { readonly kind: 'trees'; readonly value: SettledTrees }
  /** Read past (sparse tensors, types): no graph we evaluate has one. */
  | { readonly kind: 'other' };

export interface OnnxValueInfo {
  readonly name: string;
  /** 'float32', 'int64', 'string', …, or 'sequence', 'map', 'optional', 'sparse_tensor', 'unknown'. */
  readonly type: string;
  /** A size, the name of a symbolic size, or null for an unnamed one. null: the rank is not known. */
  readonly shape: readonly (number | string | null)[] | null;
}

/** Row-major. */
export type OnnxTensor =
  | { readonly type: 'float32'; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly type: 'float64'; readonly dims: readonly number[]; readonly data: Float64Array }
  | { readonly type: 'int32'; readonly dims: readonly number[]; readonly data: Int32Array }
  | { readonly type: 'int64'; readonly dims: readonly number[]; readonly data: BigInt64Array }
  | { readonly type: 'bool'; readonly dims: readonly number[]; readonly data: Uint8Array }
  | { readonly type: 'string'; readonly dims: readonly number[]; readonly data: readonly string[] }
  /** Element types no graph we evaluate uses; the raw payload is not kept. */
  | {
      readonly type: 'other';
      readonly dims: readonly number[];
      readonly elementType: string;
      readonly data: null;
    };

/** TensorProto.DataType by number. */
export const ELEMENT_TYPES: readonly string[] = [
  ...['undefined', 'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool'],
  ...['float16', 'float64', 'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16', 'float8e4m3fn'],
  ...['float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'uint4', 'int4', 'float4e2m1'],
];
