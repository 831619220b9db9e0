import type { OnnxNode, OnnxTensor } from './onnx-model.ts';
import {
  type CompileOperator,
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  matrixShape,
  mismatch,
  numbersOf,
  requireTensor,
  sizeOf,
  textAttribute,
  textsAttribute,
} from './operator.ts';

/** (x − offset) × scale, each step rounded to float32 as the operator does. */
export const compileScaler: CompileOperator = (node) => {
  const offset = floatsAttribute(node, 'offset') ?? [0];
  const scale = floatsAttribute(node, 'scale') ?? [1];
  return ([input]) => {
    const tensor = requireTensor(input);
    const width = tensor.dims[tensor.dims.length - 1] ?? 1;
    const offsets = perColumn(offset, width, 'offset');
    const scales = perColumn(scale, width, 'scale');
    const data = numbersOf(tensor);
    const out = new Float32Array(data.length);
    for (let i = 0; i < out.length; i++) {
      const column = i % width;
      out[i] =
        Math.fround(Math.fround(data[i] as number) - (offsets[column] as number)) *
        (scales[column] as number);
    }
    return [{ type: 'float32', dims: tensor.dims, data: out }];
  };
};

export const compileImputer: CompileOperator = (node) => {
  const floats = floatsAttribute(node, 'imputed_value_floats');
  const integers = intsAttribute(node, 'imputed_value_int64s');
  const replaced = integers
    ? intAttribute(node, 'replaced_value_int64', 0)
    : floatAttribute(node, 'replaced_value_float', 0);
  const values = floats ?? integers;
  if (!values) return { unsupported: 'Imputer without values to impute.' };
  return ([input]) => {
    const tensor = requireTensor(input);
    const width = tensor.dims[tensor.dims.length - 1] ?? 1;
    const fills = perColumn(values, width, 'imputed values');
    const fill = (value: number, i: number) =>
      Object.is(value, replaced) || value === replaced ? (fills[i % width] as number) : value;
    if (tensor.type === 'int64') {
      return [{ ...tensor, data: tensor.data.map((value, i) => BigInt(fill(Number(value), i))) }];
    }
    return [{ type: 'float32', dims: tensor.dims, data: Float32Array.from(numbersOf(tensor), fill) }];
  };
};

/** Adds a last dimension: 1 at the value's category. */
export const compileOneHotEncoder: CompileOperator = (node) => {
  const texts = textsAttribute(node, 'cats_strings');
  const integers = intsAttribute(node, 'cats_int64s');
  const categories: readonly (string | number)[] | null = texts ?? integers;
  if (!categories) return { unsupported: 'OneHotEncoder without categories.' };
  const zeros = intAttribute(node, 'zeros', 1) === 1;
  const positions = new Map<string | number, number>(categories.map((category, k) => [category, k]));
  const width = categories.length;
  return ([input]) => {
    const tensor = requireTensor(input);
    if ((tensor.type === 'string') !== (texts !== null)) mismatch(`OneHotEncoder got ${tensor.type}`);
    const values: ArrayLike<string | number> = tensor.type === 'string' ? tensor.data : numbersOf(tensor);
    const out = new Float32Array(values.length * width);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as string | number;
      const position = positions.get(typeof value === 'number' ? Math.trunc(value) : value);
      if (position !== undefined) out[i * width + position] = 1;
      else if (!zeros) mismatch(`OneHotEncoder does not know the category ${value}`);
    }
    return [{ type: 'float32', dims: [...tensor.dims, width], data: out }];
  };
};

export const compileLabelEncoder: CompileOperator = (node, opset) => {
  const table = opset < 2 ? firstLabelEncoder(node) : labelTable(node);
  if ('unsupported' in table) return table;
  return ([input]) => {
    const tensor = requireTensor(input);
    if ((tensor.type === 'string') !== table.keysAreText) mismatch(`LabelEncoder got ${tensor.type}`);
    const keys: ArrayLike<string | number> = tensor.type === 'string' ? tensor.data : numbersOf(tensor);
    const found = Array.from(keys, (key) => table.values.get(key) ?? table.otherwise);
    if (table.type === 'string') return [{ type: 'string', dims: tensor.dims, data: found.map(String) }];
    if (table.type === 'float32')
      return [{ type: 'float32', dims: tensor.dims, data: Float32Array.from(found, Number) }];
    return [{ type: 'int64', dims: tensor.dims, data: BigInt64Array.from(found, BigInt) }];
  };
};

interface LabelTable {
  readonly keysAreText: boolean;
  readonly type: 'string' | 'float32' | 'int64';
  readonly values: ReadonlyMap<string | number, string | number>;
  readonly otherwise: string | number;
}

function labelTable(node: OnnxNode): LabelTable | { unsupported: string } {
  const keys: readonly (string | number)[] | null =
    textsAttribute(node, 'keys_strings') ??
    intsAttribute(node, 'keys_int64s') ??
    floatsAttribute(node, 'keys_floats');
  const texts = textsAttribute(node, 'values_strings');
  const integers = intsAttribute(node, 'values_int64s');
  const floats = floatsAttribute(node, 'values_floats');
  const values: readonly (string | number)[] | null = texts ?? integers ?? floats;
  if (!keys || !values || keys.length !== values.length)
    return { unsupported: 'LabelEncoder without keys and values of equal number.' };
  const entries = keys.map((key, i): [string | number, string | number] => [key, values[i] ?? '']);
  const shared = {
    keysAreText: textsAttribute(node, 'keys_strings') !== null,
    values: new Map(entries.reverse()),
  };
  if (texts)
    return { ...shared, type: 'string', otherwise: textAttribute(node, 'default_string', '_Unused') };
  if (integers) return { ...shared, type: 'int64', otherwise: intAttribute(node, 'default_int64', -1) };
  return { ...shared, type: 'float32', otherwise: floatAttribute(node, 'default_float', -0) };
}

/** Version 1 knew one list of classes, and turned texts into positions or positions into texts. */
function firstLabelEncoder(node: OnnxNode): LabelTable | { unsupported: string } {
  const classes = textsAttribute(node, 'classes_strings');
  if (!classes) return { unsupported: 'LabelEncoder without classes.' };
  return {
    keysAreText: true,
    type: 'int64',
    values: new Map(classes.map((text, k) => [text, k])),
    otherwise: intAttribute(node, 'default_int64', -1),
  };
}

/** Picks positions of the last dimension. */
export const compileArrayFeatureExtractor: CompileOperator = () => (inputs) => {
  const tensor = requireTensor(inputs[0]);
  const picked = numbersOf(requireTensor(inputs[1]));
  const width = tensor.dims[tensor.dims.length - 1] ?? 1;
  const outer = tensor.dims.length <= 1 ? [1] : tensor.dims.slice(0, -1);
  const rows = sizeOf(outer);
  const indices = new Int32Array(rows * picked.length);
  for (let i = 0; i < indices.length; i++) {
    const position = picked[i % picked.length] as number;
    if (!(position >= 0 && position < width))
      mismatch(`ArrayFeatureExtractor asks for column ${position} of ${width}`);
    indices[i] = Math.floor(i / picked.length) * width + position;
  }
  return [pick(tensor, indices, [...outer, picked.length])];
};

/** The values at `indices`, as a tensor of `dims`. */
export function pick(tensor: OnnxTensor, indices: Int32Array, dims: readonly number[]): OnnxTensor {
  if (tensor.type === 'string')
    return { type: 'string', dims, data: Array.from(indices, (i) => tensor.data[i] as string) };
  if (tensor.type === 'int64')
    return { type: 'int64', dims, data: BigInt64Array.from(indices, (i) => tensor.data[i] ?? 0n) };
  if (tensor.type === 'float64')
    return { type: 'float64', dims, data: Float64Array.from(indices, (i) => tensor.data[i] as number) };
  if (tensor.type === 'float32')
    return { type: 'float32', dims, data: Float32Array.from(indices, (i) => tensor.data[i] as number) };
  if (tensor.type === 'int32')
    return { type: 'int32', dims, data: Int32Array.from(indices, (i) => tensor.data[i] as number) };
  if (tensor.type === 'bool')
    return { type: 'bool', dims, data: Uint8Array.from(indices, (i) => tensor.data[i] as number) };
  return mismatch(`values of type ${tensor.elementType}`);
}

export const compileNormalizer: CompileOperator = (node) => {
  const norm = textAttribute(node, 'norm', 'MAX');
  if (norm !== 'MAX' && norm !== 'L1' && norm !== 'L2')
    return { unsupported: `Normalizer with norm ${norm}.` };
  return ([input]) => {
    const tensor = requireTensor(input);
    const [, width] = matrixShape(tensor);
    const out = Float32Array.from(numbersOf(tensor));
    for (let start = 0; start < out.length; start += width) {
      const row = out.subarray(start, start + width);
      let size = norm === 'MAX' ? Number.NEGATIVE_INFINITY : 0;
      for (const value of row) {
        if (norm === 'MAX') size = Math.max(size, value);
        else size += norm === 'L1' ? Math.abs(value) : value * value;
      }
      if (norm === 'L2') size = Math.sqrt(size);
      if (size !== 0) for (let i = 0; i < width; i++) row[i] = (row[i] as number) / size;
    }
    return [{ type: 'float32', dims: tensor.dims, data: out }];
  };
};

export const compileBinarizer: CompileOperator = (node) => {
  const threshold = floatAttribute(node, 'threshold', 0);
  return ([input]) => {
    const tensor = requireTensor(input);
    return [
      {
        type: 'float32',
        dims: tensor.dims,
        data: Float32Array.from(numbersOf(tensor), (value) => (value > threshold ? 1 : 0)),
      },
    ];
  };
};

function perColumn(values: readonly number[], width: number, what: string): readonly number[] {
  if (values.length === width) return values;
  const [only] = values;
  if (values.length === 1 && only !== undefined) return new Array<number>(width).fill(only);
  return mismatch(`there are ${values.length} ${what} for ${width} columns`);
}
