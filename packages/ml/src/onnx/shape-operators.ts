import type { OnnxNode, OnnxTensor } from './onnx-model.ts';
import {
  type CompileOperator,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  mismatch,
  numbersOf,
  requireTensor,
  sizeOf,
  tensorAttribute,
} from './operator.ts';
import { pick } from './preprocessing-operators.ts';

export const compileIdentity: CompileOperator = () => (inputs) => [requireTensor(inputs[0])];

export const compileConstant: CompileOperator = (node) => {
  const value = tensorAttribute(node, 'value') ?? constantFromList(node);
  return value ? () => [value] : { unsupported: 'Constant of a kind we do not compute with.' };
};

function constantFromList(node: OnnxNode): OnnxTensor | null {
  const single = node.attributes.get('value_float') ?? node.attributes.get('value_int');
  if (single?.kind === 'float') return { type: 'float32', dims: [], data: Float32Array.of(single.value) };
  if (single?.kind === 'int')
    return { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(single.value)) };
  const floats = floatsAttribute(node, 'value_floats');
  if (floats) return { type: 'float32', dims: [floats.length], data: Float32Array.from(floats) };
  const integers = intsAttribute(node, 'value_ints');
  return integers && { type: 'int64', dims: [integers.length], data: BigInt64Array.from(integers, BigInt) };
}

export const compileCast: CompileOperator = (node) => {
  const to = intAttribute(node, 'to', 0);
  const cast = CASTS.get(to);
  return cast ? (inputs) => [cast(requireTensor(inputs[0]))] : { unsupported: `Cast to element type ${to}.` };
};

/** By TensorProto.DataType. */
const CASTS = new Map<number, (tensor: OnnxTensor) => OnnxTensor>([
  [1, (tensor) => ({ type: 'float32', dims: tensor.dims, data: Float32Array.from(numbersOf(tensor)) })],
  [11, (tensor) => ({ type: 'float64', dims: tensor.dims, data: Float64Array.from(numbersOf(tensor)) })],
  [6, (tensor) => ({ type: 'int32', dims: tensor.dims, data: Int32Array.from(numbersOf(tensor)) })],
  [
    9,
    (tensor) => ({
      type: 'bool',
      dims: tensor.dims,
      data: Uint8Array.from(numbersOf(tensor), (value) => (value === 0 ? 0 : 1)),
    }),
  ],
  [7, castToInt64],
  [8, castToText],
]);

function castToInt64(tensor: OnnxTensor): OnnxTensor {
  if (tensor.type === 'int64') return tensor;
  const values = numbersOf(tensor);
  const data = new BigInt64Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) mismatch(`${value} cannot become an integer`);
    data[i] = BigInt(Math.trunc(value));
  }
  return { type: 'int64', dims: tensor.dims, data };
}

/** Only from integers: how a float is spelled differs between runtimes. */
function castToText(tensor: OnnxTensor): OnnxTensor {
  if (tensor.type === 'string') return tensor;
  if (tensor.type !== 'int64' && tensor.type !== 'int32')
    return mismatch(`${tensor.type} is not written as text here`);
  return {
    type: 'string',
    dims: tensor.dims,
    data: Array.from<bigint | number, string>(tensor.data, String),
  };
}

export const compileConcat: CompileOperator = (node) => {
  const axis = intAttribute(node, 'axis', 1);
  return (inputs) => [concatenate(inputs.map(requireTensor), axis)];
};

/** Columns side by side, as float32. */
export const compileFeatureVectorizer: CompileOperator = () => (inputs) => {
  const floats = inputs.map((input): OnnxTensor => {
    const tensor = requireTensor(input);
    return { type: 'float32', dims: tensor.dims, data: Float32Array.from(numbersOf(tensor)) };
  });
  return [concatenate(floats, 1)];
};

function concatenate(tensors: readonly OnnxTensor[], axis: number): OnnxTensor {
  const [first] = tensors;
  if (!first) return mismatch('Concat of nothing');
  const at = resolveAxis(axis, first.dims.length);
  const agree = (tensor: OnnxTensor) =>
    tensor.type === first.type &&
    tensor.dims.length === first.dims.length &&
    tensor.dims.every((dim, d) => d === at || dim === first.dims[d]);
  if (!tensors.every(agree)) mismatch('Concat of values of different types or shapes');
  const dims = first.dims.map((dim, d) =>
    d === at ? tensors.reduce((sum, tensor) => sum + (tensor.dims[at] ?? 0), 0) : dim,
  );
  const outer = sizeOf(first.dims.slice(0, at));
  const runs = tensors.map((tensor) => sizeOf(tensor.dims.slice(at)));
  if (first.type === 'string' || first.type === 'int64' || first.type === 'other')
    return concatenateSlowly(tensors, runs, outer, dims);
  const Numbers = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array }[
    first.type
  ];
  const data = new Numbers(sizeOf(dims));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const [t, tensor] of tensors.entries()) {
      const run = runs[t] as number;
      const values = numbersOf(tensor);
      for (let i = o * run; i < (o + 1) * run; i++) data[to++] = values[i] as number;
    }
  }
  return { type: first.type, dims, data } as OnnxTensor;
}

function concatenateSlowly(
  tensors: readonly OnnxTensor[],
  runs: readonly number[],
  outer: number,
  dims: readonly number[],
): OnnxTensor {
  const values: unknown[] = [];
  for (let o = 0; o < outer; o++) {
    for (const [t, tensor] of tensors.entries()) {
      const run = runs[t] as number;
      for (let i = o * run; i < (o + 1) * run; i++) values.push(tensor.data?.[i]);
    }
  }
  const [first] = tensors;
  if (first?.type === 'string') return { type: 'string', dims, data: values.map(String) };
  return {
    type: 'int64',
    dims,
    data: BigInt64Array.from(values, (value) => (typeof value === 'bigint' ? value : 0n)),
  };
}

export const compileReshape: CompileOperator = (node) => {
  const fixed = intsAttribute(node, 'shape');
  const allowZero = intAttribute(node, 'allowzero', 0) === 1;
  return (inputs) => {
    const tensor = requireTensor(inputs[0]);
    const wanted = fixed ?? Array.from(numbersOf(requireTensor(inputs[1])));
    const dims = wanted.map((dim, d) => (dim === 0 && !allowZero ? (tensor.dims[d] ?? 0) : dim));
    const size = sizeOf(tensor.dims);
    const open = dims.indexOf(-1);
    if (open >= 0) {
      const known = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
      dims[open] = known === 0 ? 0 : size / known;
    }
    return [reshaped(tensor, dims)];
  };
};

export const compileFlatten: CompileOperator = (node) => {
  const axis = intAttribute(node, 'axis', 1);
  return (inputs) => {
    const tensor = requireTensor(inputs[0]);
    const at = axis < 0 ? axis + tensor.dims.length : axis;
    return [reshaped(tensor, [sizeOf(tensor.dims.slice(0, at)), sizeOf(tensor.dims.slice(at))])];
  };
};

export const compileSqueeze: CompileOperator = (node) => (inputs) => {
  const tensor = requireTensor(inputs[0]);
  const axes = axesOf(node, inputs[1])?.map((axis) => resolveAxis(axis, tensor.dims.length));
  return [
    reshaped(
      tensor,
      tensor.dims.filter((dim, d) => (axes ? !axes.includes(d) : dim !== 1)),
    ),
  ];
};

export const compileUnsqueeze: CompileOperator = (node) => (inputs) => {
  const tensor = requireTensor(inputs[0]);
  const axes = axesOf(node, inputs[1]) ?? [];
  const rank = tensor.dims.length + axes.length;
  const dims = [...tensor.dims];
  for (const axis of axes.map((axis) => resolveAxis(axis, rank)).sort((a, b) => a - b))
    dims.splice(axis, 0, 1);
  return [reshaped(tensor, dims)];
};

export const compileGather: CompileOperator = (node) => {
  const axis = intAttribute(node, 'axis', 0);
  return (inputs) => {
    const tensor = requireTensor(inputs[0]);
    const chosen = requireTensor(inputs[1]);
    const at = resolveAxis(axis, tensor.dims.length);
    const length = tensor.dims[at] ?? 0;
    const inner = sizeOf(tensor.dims.slice(at + 1));
    const outer = sizeOf(tensor.dims.slice(0, at));
    const positions = Array.from(numbersOf(chosen), (position) =>
      position < 0 ? position + length : position,
    );
    if (positions.some((position) => !(position >= 0 && position < length)))
      mismatch('Gather asks for a position that does not exist');
    const indices = new Int32Array(outer * positions.length * inner);
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (const position of positions) {
        for (let i = 0; i < inner; i++) indices[to++] = (o * length + position) * inner + i;
      }
    }
    return [
      pick(tensor, indices, [...tensor.dims.slice(0, at), ...chosen.dims, ...tensor.dims.slice(at + 1)]),
    ];
  };
};

/** An attribute up to opset 12, an input since. */
export function axesOf(node: OnnxNode, input: OnnxTensor | null | undefined): number[] | null {
  const fixed = intsAttribute(node, 'axes');
  if (fixed) return [...fixed];
  return input ? Array.from(numbersOf(input)) : null;
}

export function resolveAxis(axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!(at >= 0 && at < Math.max(rank, 1)))
    mismatch(`there is no axis ${axis} in a value of ${rank} dimensions`);
  return at;
}

function reshaped(tensor: OnnxTensor, dims: readonly number[]): OnnxTensor {
  if (sizeOf(dims) !== sizeOf(tensor.dims))
    mismatch(`a value of shape [${tensor.dims}] cannot take the shape [${dims}]`);
  return { ...tensor, dims };
}
