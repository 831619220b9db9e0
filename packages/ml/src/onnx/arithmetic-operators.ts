import { softmax } from '../trainers/softmax.ts';
import type { OnnxTensor } from './onnx-model.ts';
import {
  type CompileOperator,
  floatAttribute,
  intAttribute,
  matrixShape,
  mismatch,
  numbersOf,
  requireTensor,
  sizeOf,
} from './operator.ts';
import { axesOf, resolveAxis } from './shape-operators.ts';

/** One number in, one out; float types only. */
export function elementwise(compute: (value: number) => number): CompileOperator {
  return () => (inputs) => {
    const tensor = requireTensor(inputs[0]);
    if (tensor.type === 'float64') return [{ ...tensor, data: tensor.data.map(compute) }];
    if (tensor.type === 'float32') return [{ ...tensor, data: tensor.data.map(compute) }];
    return mismatch(`a floating-point value is needed, not ${tensor.type}`);
  };
}

/** Two numbers in, one out, with NumPy's broadcasting; the result has the operands' type. */
export function broadcast(compute: (a: number, b: number) => number): CompileOperator {
  return () => (inputs) => {
    const [a, b] = [requireTensor(inputs[0]), requireTensor(inputs[1])];
    if (a.type !== b.type) mismatch(`${a.type} meets ${b.type}`);
    const { dims, values } = broadcastNumbers(a, b, compute);
    return [numericTensor(a.type, dims, values)];
  };
}

/** As broadcast, but the answer is a truth value. */
export function compare(holds: (a: number, b: number) => boolean): CompileOperator {
  return () => (inputs) => {
    const { dims, values } = broadcastNumbers(requireTensor(inputs[0]), requireTensor(inputs[1]), (a, b) =>
      holds(a, b) ? 1 : 0,
    );
    return [{ type: 'bool', dims, data: Uint8Array.from(values) }];
  };
}

function broadcastNumbers(a: OnnxTensor, b: OnnxTensor, compute: (a: number, b: number) => number) {
  const dims = broadcastDims(a.dims, b.dims);
  const left = numbersOf(a);
  const right = numbersOf(b);
  const size = sizeOf(dims);
  if (size > 2 ** 28) mismatch(`a value of shape [${dims}] is too large`);
  const leftAt = broadcastIndex(a.dims, dims);
  const rightAt = broadcastIndex(b.dims, dims);
  const values = new Float64Array(size);
  for (let i = 0; i < size; i++) values[i] = compute(left[leftAt(i)] as number, right[rightAt(i)] as number);
  return { dims, values };
}

function broadcastDims(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => {
    const left = a[d - rank + a.length] ?? 1;
    const right = b[d - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) mismatch(`shapes [${a}] and [${b}] do not fit together`);
    return left === 1 ? right : left;
  });
}

/** Where the value for position i of the broadcast shape stands. */
function broadcastIndex(own: readonly number[], dims: readonly number[]): (i: number) => number {
  const size = sizeOf(own);
  if (size === sizeOf(dims)) return (i) => i;
  if (size === 1) return () => 0;
  const strides: number[] = [];
  let stride = 1;
  for (let d = dims.length - 1; d >= 0; d--) {
    const length = own[d - dims.length + own.length] ?? 1;
    strides[d] = length === 1 ? 0 : stride;
    stride *= length;
  }
  return (i) => {
    let rest = i;
    let at = 0;
    for (let d = dims.length - 1; d >= 0; d--) {
      const length = dims[d] as number;
      at += (rest % length) * (strides[d] as number);
      rest = Math.floor(rest / length);
    }
    return at;
  };
}

function numericTensor(type: OnnxTensor['type'], dims: readonly number[], values: Float64Array): OnnxTensor {
  if (type === 'float32') return { type, dims, data: Float32Array.from(values) };
  if (type === 'float64') return { type, dims, data: values };
  if ((type === 'int32' || type === 'int64') && !values.every(Number.isFinite))
    return mismatch('an integer is divided by 0');
  if (type === 'int32') return { type, dims, data: Int32Array.from(values) };
  if (type === 'int64')
    return { type, dims, data: BigInt64Array.from(values, (value) => BigInt(Math.trunc(value))) };
  return mismatch(`no arithmetic on ${type}`);
}

/** Along the last axis; of a matrix that is what opset 12 and earlier mean by their default, too. */
export const compileSoftmax: CompileOperator = (node, opset) => {
  const axis = intAttribute(node, 'axis', opset < 13 ? 1 : -1);
  return (inputs) => {
    const tensor = requireTensor(inputs[0]);
    const rank = tensor.dims.length;
    const last = resolveAxis(axis, rank) === rank - 1;
    if (!last || (tensor.type !== 'float32' && tensor.type !== 'float64'))
      return mismatch('Softmax over an axis that is not the last');
    const values = Float64Array.from(tensor.data);
    softmax(values, tensor.dims[rank - 1] ?? 1);
    return [numericTensor(tensor.type, tensor.dims, values)];
  };
};

export const compileArgMax: CompileOperator = (node) => {
  const axis = intAttribute(node, 'axis', 0);
  const keep = intAttribute(node, 'keepdims', 1) === 1;
  if (intAttribute(node, 'select_last_index', 0) !== 0)
    return { unsupported: 'ArgMax with select_last_index.' };
  return (inputs) => {
    const { dims, groups } = alongAxes(requireTensor(inputs[0]), [axis], keep);
    const data = BigInt64Array.from(groups, (values) => {
      let best = 0;
      for (let k = 1; k < values.length; k++) if ((values[k] as number) > (values[best] as number)) best = k;
      return BigInt(best);
    });
    return [{ type: 'int64', dims, data }];
  };
};

export const compileReduceSum: CompileOperator = (node) => {
  const keep = intAttribute(node, 'keepdims', 1) === 1;
  return (inputs) => {
    const tensor = requireTensor(inputs[0]);
    const axes = axesOf(node, inputs[1]) ?? tensor.dims.map((_, d) => d);
    const { dims, groups } = alongAxes(tensor, axes, keep);
    return [
      numericTensor(
        tensor.type,
        dims,
        Float64Array.from(groups, (values) => values.reduce((a, b) => a + b, 0)),
      ),
    ];
  };
};

/** The values that fall together when `axes` are reduced, in the order of the result. */
function alongAxes(
  tensor: OnnxTensor,
  axes: readonly number[],
  keep: boolean,
): { dims: number[]; groups: number[][] } {
  const rank = tensor.dims.length;
  const reduced = axes.map((axis) => resolveAxis(axis, rank));
  const kept = tensor.dims.map((dim, d) => (reduced.includes(d) ? 1 : dim));
  const groups: number[][] = Array.from({ length: sizeOf(kept) }, () => []);
  const values = numbersOf(tensor);
  const groupOf = broadcastIndex(kept, tensor.dims);
  for (let i = 0; i < values.length; i++) groups[groupOf(i)]?.push(values[i] as number);
  return { dims: keep ? kept : kept.filter((_, d) => !reduced.includes(d)), groups };
}

export const compileMatMul: CompileOperator = () => (inputs) => {
  const [a, b] = [requireTensor(inputs[0]), requireTensor(inputs[1])];
  if (a.dims.length !== 2 || b.dims.length !== 2) mismatch('MatMul of values that are not matrices');
  return [multiply(a, b, false, false)];
};

export const compileGemm: CompileOperator = (node) => {
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = floatAttribute(node, 'beta', 1);
  const transA = intAttribute(node, 'transA', 0) === 1;
  const transB = intAttribute(node, 'transB', 0) === 1;
  return (inputs) => {
    const product = multiply(requireTensor(inputs[0]), requireTensor(inputs[1]), transA, transB);
    const bias = inputs[2] ?? { type: 'float32', dims: [], data: Float32Array.of(0) };
    const { dims, values } = broadcastNumbers(product, bias, (a, b) => alpha * a + beta * b);
    return [numericTensor(product.type, dims, values)];
  };
};

function multiply(a: OnnxTensor, b: OnnxTensor, transA: boolean, transB: boolean): OnnxTensor {
  if (a.type !== b.type) mismatch(`${a.type} meets ${b.type}`);
  const [aRows, aColumns] = matrixShape(a);
  const [bRows, bColumns] = matrixShape(b);
  const [rows, inner] = transA ? [aColumns, aRows] : [aRows, aColumns];
  const [innerB, columns] = transB ? [bColumns, bRows] : [bRows, bColumns];
  if (inner !== innerB) mismatch(`matrices of shapes [${a.dims}] and [${b.dims}] cannot be multiplied`);
  if (rows * columns > 2 ** 28) mismatch(`a value of shape [${rows}, ${columns}] is too large`);
  const left = numbersOf(a);
  const right = numbersOf(b);
  const values = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const x = left[transA ? k * rows + i : i * inner + k] as number;
        const y = right[transB ? j * inner + k : k * columns + j] as number;
        sum += x * y;
      }
      values[i * columns + j] = sum;
    }
  }
  return numericTensor(a.type, [rows, columns], values);
}

export const compileWhere: CompileOperator = () => (inputs) => {
  const [condition, yes, no] = [requireTensor(inputs[0]), requireTensor(inputs[1]), requireTensor(inputs[2])];
  if (yes.type !== no.type) mismatch(`${yes.type} meets ${no.type}`);
  const chosen = broadcastNumbers(condition, broadcastOnes(yes, no), (truth) => truth);
  const yesAt = broadcastIndex(yes.dims, chosen.dims);
  const noAt = broadcastIndex(no.dims, chosen.dims);
  const left = numbersOf(yes);
  const right = numbersOf(no);
  const values = chosen.values.map((truth, i) => (truth === 0 ? right[noAt(i)] : left[yesAt(i)]) as number);
  return [numericTensor(yes.type, chosen.dims, values)];
};

function broadcastOnes(a: OnnxTensor, b: OnnxTensor): OnnxTensor {
  const dims = broadcastDims(a.dims, b.dims);
  return { type: 'bool', dims, data: new Uint8Array(sizeOf(dims)) };
}
