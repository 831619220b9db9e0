import { MlInputError } from '../ml-input-error.ts';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-model.ts';

/** An operator made ready: optional inputs that are absent are null. */
export type Kernel = (inputs: readonly (OnnxTensor | null)[]) => OnnxTensor[];

/** Makes a node ready to run, or says why we cannot. */
export type CompileOperator = (node: OnnxNode, opset: number) => Kernel | { readonly unsupported: string };

export function floatAttribute(node: OnnxNode, name: string, otherwise: number): number {
  return attributeOf(node, name, 'float')?.value ?? otherwise;
}

export function intAttribute(node: OnnxNode, name: string, otherwise: number): number {
  return attributeOf(node, name, 'int')?.value ?? otherwise;
}

export function textAttribute(node: OnnxNode, name: string, otherwise: string): string {
  return attributeOf(node, name, 'string')?.value ?? otherwise;
}

/** null: the node has no such attribute. */
export function floatsAttribute(node: OnnxNode, name: string): readonly number[] | null {
  return attributeOf(node, name, 'floats')?.value ?? null;
}

export function intsAttribute(node: OnnxNode, name: string): readonly number[] | null {
  return attributeOf(node, name, 'ints')?.value ?? null;
}

export function textsAttribute(node: OnnxNode, name: string): readonly string[] | null {
  return attributeOf(node, name, 'strings')?.value ?? null;
}

export function tensorAttribute(node: OnnxNode, name: string): OnnxTensor | null {
  return attributeOf(node, name, 'tensor')?.value ?? null;
}

function attributeOf<K extends OnnxAttribute['kind']>(
  node: OnnxNode,
  name: string,
  kind: K,
): (OnnxAttribute & { kind: K }) | null {
  const attribute = node.attributes.get(name);
  return attribute && attribute.kind === kind ? (attribute as OnnxAttribute & { kind: K }) : null;
}

/** @throws MlInputError ONNX_VALUE_MISMATCH */
export function requireTensor(tensor: OnnxTensor | null | undefined): OnnxTensor {
  if (!tensor || tensor.data === null)
    return mismatch('a required value is missing or of a type we do not compute with');
  return tensor;
}

/** Numbers as float64, whatever their type; int64 beyond 2^53 is rounded. */
export function numbersOf(tensor: OnnxTensor): ArrayLike<number> {
  if (tensor.type === 'string' || tensor.type === 'other')
    return mismatch(`numbers are needed, not ${tensor.type}`);
  return tensor.type === 'int64' ? Float64Array.from(tensor.data, Number) : tensor.data;
}

/** Rows and columns of a matrix; a vector is one row, as ai.onnx.ml operators take it. */
export function matrixShape(tensor: OnnxTensor): [rows: number, columns: number] {
  const { dims } = tensor;
  if (dims.length === 1) return [1, dims[0] ?? 0];
  if (dims.length !== 2) return mismatch(`a matrix is needed, not a value of ${dims.length} dimensions`);
  return [dims[0] ?? 0, dims[1] ?? 0];
}

export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1);
}

export function mismatch(what: string): never {
  throw new MlInputError('ONNX_VALUE_MISMATCH', `The graph cannot be evaluated on this input: ${what}.`);
}
