import { MlInputError } from '../ml-input-error.ts';
import { ELEMENT_TYPES, type OnnxTensor } from './onnx-model.ts';
import {
  appendDoubles,
  appendFloats,
  appendIntegers,
  bytesOf,
  integerOf,
  malformed,
  readFields,
  textOf,
  viewOf,
} from './protobuf-reader.ts';

/**
 * TensorProto.
 * @throws MlInputError ONNX_EXTERNAL_DATA (the values lie in another file), ONNX_MALFORMED
 */
export function readTensor(bytes: Uint8Array): { name: string; tensor: OnnxTensor } {
  let name = '';
  let elementType = 0;
  let raw: Uint8Array | null = null;
  let external = false;
  const dims: number[] = [];
  const numbers: number[] = [];
  const texts: string[] = [];
  for (const field of readFields(bytes)) {
    if (field.number === 1) appendIntegers(field, dims);
    else if (field.number === 2) elementType = integerOf(field);
    else if (field.number === 4) appendFloats(field, numbers);
    else if (field.number === 5 || field.number === 7 || field.number === 11) appendIntegers(field, numbers);
    else if (field.number === 6) texts.push(textOf(field));
    else if (field.number === 8) name = textOf(field);
    else if (field.number === 9) raw = bytesOf(field);
    else if (field.number === 10) appendDoubles(field, numbers);
    else if (field.number === 13) external = true;
    else if (field.number === 14 && integerOf(field) !== 0) external = true;
  }
  if (external) {
    throw new MlInputError(
      'ONNX_EXTERNAL_DATA',
      `Tensor "${name}" keeps its values in another file. Save the model as one file (save_as_external_data=False).`,
    );
  }
  return {
    name,
    tensor: toTensor(name, ELEMENT_TYPES[elementType] ?? 'undefined', dims, { raw, numbers, texts }),
  };
}

function toTensor(
  name: string,
  type: string,
  dims: number[],
  { raw, numbers, texts }: { raw: Uint8Array | null; numbers: number[]; texts: string[] },
): OnnxTensor {
  let size = 1;
  for (const dim of dims) {
    if (dim < 0) malformed(`tensor "${name}" has a negative dimension`);
    size *= dim;
  }
  const expect = (count: number) => {
    if (count !== size) malformed(`tensor "${name}" has ${count} values for a size of ${size}`);
  };
  if (type === 'string') {
    expect(texts.length);
    return { type, dims, data: texts };
  }
  const bytesPerValue = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1 }[type];
  if (bytesPerValue === undefined) return { type: 'other', dims, elementType: type, data: null };
  expect(raw ? raw.length / bytesPerValue : numbers.length);
  const view = raw && viewOf(raw);
  const value = (read: (view: DataView, at: number) => number) => (_: unknown, i: number) =>
    view ? read(view, i * bytesPerValue) : (numbers[i] as number);
  const length = { length: size };
  if (type === 'float32')
    return {
      type,
      dims,
      data: Float32Array.from(
        length,
        value((v, at) => v.getFloat32(at, true)),
      ),
    };
  if (type === 'float64')
    return {
      type,
      dims,
      data: Float64Array.from(
        length,
        value((v, at) => v.getFloat64(at, true)),
      ),
    };
  if (type === 'int32')
    return {
      type,
      dims,
      data: Int32Array.from(
        length,
        value((v, at) => v.getInt32(at, true)),
      ),
    };
  if (type === 'bool')
    return {
      type,
      dims,
      data: Uint8Array.from(
        length,
        value((v, at) => v.getUint8(at)),
      ),
    };
  const integers = new BigInt64Array(size);
  for (let i = 0; i < size; i++)
    integers[i] = view ? view.getBigInt64(i * 8, true) : BigInt(numbers[i] as number);
  return { type: 'int64', dims, data: integers };
}
