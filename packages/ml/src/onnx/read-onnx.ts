import { MlInputError } from '../ml-input-error.ts';
import {
  ELEMENT_TYPES,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from './onnx-model.ts';
import {
  appendFloats,
  appendIntegers,
  bytesOf,
  floatOf,
  integerOf,
  malformed,
  readFields,
  textOf,
} from './protobuf-reader.ts';
import { readTensor } from './read-tensor.ts';

export interface OnnxLimits {
  /** Default 512 MiB. */
  readonly maxBytes?: number;
  /** Nested subgraphs; default 16. */
  readonly maxDepth?: number;
  /** Nodes in all graphs together; default 100,000. */
  readonly maxNodes?: number;
}

/**
 * Reads a ModelProto. Meant for files from strangers: sizes are bounded and no tensor, in whatever corner of
 * the model, may point to data outside the file.
 * @throws MlInputError ONNX_MALFORMED, ONNX_TOO_LARGE, ONNX_TOO_DEEP, ONNX_EXTERNAL_DATA
 */
export function readOnnx(bytes: Uint8Array, limits: OnnxLimits = {}): OnnxModel {
  const { maxBytes = 512 * 2 ** 20, maxDepth = 16, maxNodes = 100_000 } = limits;
  if (bytes.length > maxBytes) {
    throw new MlInputError(
      'ONNX_TOO_LARGE',
      `The model has ${bytes.length} bytes; at most ${maxBytes} are read.`,
    );
  }
  const state: ReadingState = { maxDepth, maxNodes, nodes: 0, operators: new Set() };
  const model = { irVersion: 0, producerName: '', producerVersion: '' };
  const opsets: { domain: string; version: number }[] = [];
  const metadata: [string, string][] = [];
  const functions: string[] = [];
  let graph: OnnxGraph | null = null;
  for (const field of readFields(bytes)) {
    if (field.number === 1) model.irVersion = integerOf(field);
    else if (field.number === 2) model.producerName = textOf(field);
    else if (field.number === 3) model.producerVersion = textOf(field);
    else if (field.number === 7) graph = readGraph(bytesOf(field), state, 0);
    else if (field.number === 8) opsets.push(readOpset(bytesOf(field)));
    else if (field.number === 14) metadata.push(readEntry(bytesOf(field)));
    else if (field.number === 20) readTrainingInfo(bytesOf(field), state);
    else if (field.number === 25) functions.push(readFunction(bytesOf(field), state));
  }
  if (!graph) malformed('it has no graph');
  const operators = [...state.operators].sort();
  return {
    ...model,
    opsets,
    graph,
    metadata: Object.fromEntries(metadata),
    operators,
    unknownDomains: unknownDomains(operators),
    functions,
  };
}

interface ReadingState {
  readonly maxDepth: number;
  readonly maxNodes: number;
  nodes: number;
  readonly operators: Set<string>;
}

function readGraph(bytes: Uint8Array, state: ReadingState, depth: number): OnnxGraph {
  if (depth > state.maxDepth) {
    throw new MlInputError('ONNX_TOO_DEEP', `The model nests graphs more than ${state.maxDepth} deep.`);
  }
  let name = '';
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  for (const field of readFields(bytes)) {
    if (field.number === 1) nodes.push(readNode(bytesOf(field), state, depth));
    else if (field.number === 2) name = textOf(field);
    else if (field.number === 5) {
      const named = readTensor(bytesOf(field));
      initializers.set(named.name, named.tensor);
    } else if (field.number === 11) inputs.push(readValueInfo(bytesOf(field)));
    else if (field.number === 12) outputs.push(readValueInfo(bytesOf(field)));
    else if (field.number === 15) {
      const sparse = readSparseTensor(bytesOf(field));
      initializers.set(sparse.name, sparse.tensor);
    }
  }
  return {
    name,
    nodes,
    initializers,
    inputs: inputs.filter((input) => !initializers.has(input.name)),
    outputs,
  };
}

function readNode(bytes: Uint8Array, state: ReadingState, depth: number): OnnxNode {
  state.nodes++;
  if (state.nodes > state.maxNodes) {
    throw new MlInputError('ONNX_TOO_LARGE', `The model has more than ${state.maxNodes} nodes.`);
  }
  let name = '';
  let operatorType = '';
  let domain = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  for (const field of readFields(bytes)) {
    if (field.number === 1) inputs.push(textOf(field));
    else if (field.number === 2) outputs.push(textOf(field));
    else if (field.number === 3) name = textOf(field);
    else if (field.number === 4) operatorType = textOf(field);
    else if (field.number === 5) attributes.set(...readAttribute(bytesOf(field), state, depth));
    else if (field.number === 7) domain = textOf(field);
  }
  const operator = `${domain === '' ? 'ai.onnx' : domain}.${operatorType}`;
  state.operators.add(operator);
  return { name, operator, inputs, outputs, attributes };
}

/**
 * AttributeProto. Every payload is read, whatever `type` says, so that no tensor escapes the check for
 * external data.
 */
function readAttribute(bytes: Uint8Array, state: ReadingState, depth: number): [string, OnnxAttribute] {
  let name = '';
  let type = 0;
  let float = 0;
  let integer = 0;
  let text = '';
  const floats: number[] = [];
  const integers: number[] = [];
  const texts: string[] = [];
  const tensors: OnnxTensor[] = [];
  const tensorList: OnnxTensor[] = [];
  const graphs: OnnxGraph[] = [];
  const graphList: OnnxGraph[] = [];
  for (const field of readFields(bytes)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2) float = floatOf(field);
    else if (field.number === 3) integer = integerOf(field);
    else if (field.number === 4) text = textOf(field);
    else if (field.number === 5) tensors.push(readTensor(bytesOf(field)).tensor);
    else if (field.number === 6) graphs.push(readGraph(bytesOf(field), state, depth + 1));
    else if (field.number === 7) appendFloats(field, floats);
    else if (field.number === 8) appendIntegers(field, integers);
    else if (field.number === 9) texts.push(textOf(field));
    else if (field.number === 10) tensorList.push(readTensor(bytesOf(field)).tensor);
    else if (field.number === 11) graphList.push(readGraph(bytesOf(field), state, depth + 1));
    else if (field.number === 20) type = integerOf(field);
    else if (field.number === 22 || field.number === 23) readSparseTensor(bytesOf(field));
  }
  const [tensor] = tensors;
  const [graph] = graphs;
  if (type === 1) return [name, { kind: 'float', value: float }];
  if (type === 2) return [name, { kind: 'int', value: integer }];
  if (type === 3) return [name, { kind: 'string', value: text }];
  if (type === 4 && tensor) return [name, { kind: 'tensor', value: tensor }];
  if (type === 5 && graph) return [name, { kind: 'graph', value: graph }];
  if (type === 6) return [name, { kind: 'floats', value: floats }];
  if (type === 7) return [name, { kind: 'ints', value: integers }];
  if (type === 8) return [name, { kind: 'strings', value: texts }];
  if (type === 9) return [name, { kind: 'tensors', value: tensorList }];
  if (type === 10) return [name, { kind: 'graphs', value: graphList }];
  return [name, { kind: 'other' }];
}

/** SparseTensorProto: checked, not unpacked. */
function readSparseTensor(bytes: Uint8Array): { name: string; tensor: OnnxTensor } {
  let name = '';
  const dims: number[] = [];
  for (const field of readFields(bytes)) {
    if (field.number === 1) name = readTensor(bytesOf(field)).name;
    else if (field.number === 2) readTensor(bytesOf(field));
    else if (field.number === 3) appendIntegers(field, dims);
  }
  return { name, tensor: { type: 'other', dims, elementType: 'sparse_tensor', data: null } };
}

/** TrainingInfoProto: initialization and algorithm graphs. */
function readTrainingInfo(bytes: Uint8Array, state: ReadingState): void {
  for (const field of readFields(bytes)) {
    if (field.number === 1 || field.number === 2) readGraph(bytesOf(field), state, 1);
  }
}

function readFunction(bytes: Uint8Array, state: ReadingState): string {
  let name = '';
  let domain = '';
  for (const field of readFields(bytes)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 7) readNode(bytesOf(field), state, 1);
    else if (field.number === 10) domain = textOf(field);
    else if (field.number === 11) readAttribute(bytesOf(field), state, 1);
  }
  return `${domain}.${name}`;
}

function readOpset(bytes: Uint8Array): { domain: string; version: number } {
  let domain = '';
  let version = 0;
  for (const field of readFields(bytes)) {
    if (field.number === 1) domain = textOf(field);
    else if (field.number === 2) version = integerOf(field);
  }
  return { domain: domain === '' ? 'ai.onnx' : domain, version };
}

function readEntry(bytes: Uint8Array): [string, string] {
  let key = '';
  let value = '';
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = textOf(field);
    else if (field.number === 2) value = textOf(field);
  }
  return [key, value];
}

function readValueInfo(bytes: Uint8Array): OnnxValueInfo {
  let name = '';
  let type: Omit<OnnxValueInfo, 'name'> = { type: 'unknown', shape: null };
  for (const field of readFields(bytes)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2) type = readType(bytesOf(field));
  }
  return { name, ...type };
}

function readType(bytes: Uint8Array): Omit<OnnxValueInfo, 'name'> {
  for (const field of readFields(bytes)) {
    if (field.number === 1) return readTensorType(bytesOf(field));
    if (field.number === 4) return { type: 'sequence', shape: null };
    if (field.number === 5) return { type: 'map', shape: null };
    if (field.number === 8) return { type: 'sparse_tensor', shape: null };
    if (field.number === 9) return { type: 'optional', shape: null };
  }
  return { type: 'unknown', shape: null };
}

function readTensorType(bytes: Uint8Array): Omit<OnnxValueInfo, 'name'> {
  let type = 'unknown';
  let shape: (number | string | null)[] | null = null;
  for (const field of readFields(bytes)) {
    if (field.number === 1) type = ELEMENT_TYPES[integerOf(field)] ?? 'unknown';
    else if (field.number === 2)
      shape = [...readFields(bytesOf(field))]
        .filter((dim) => dim.number === 1)
        .map((dim) => readDimension(bytesOf(dim)));
  }
  return { type, shape };
}

/** Some exporters write an unknown size as -1 or 0. */
function readDimension(bytes: Uint8Array): number | string | null {
  for (const field of readFields(bytes)) {
    if (field.number === 1) return integerOf(field) > 0 ? integerOf(field) : null;
    if (field.number === 2) return textOf(field) || null;
  }
  return null;
}

function unknownDomains(operators: readonly string[]): string[] {
  const domains = operators.map((operator) => operator.slice(0, operator.lastIndexOf('.')));
  return [...new Set(domains)].filter((domain) => domain !== 'ai.onnx' && domain !== 'ai.onnx.ml');
}
