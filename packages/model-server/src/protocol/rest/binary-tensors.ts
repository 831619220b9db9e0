import type { Datatype } from '@esteira/contracts';
import { invalidRequest } from '../../inference-error.ts';
import { copyFloats } from '../shared-floats.ts';
import { elementSize, numbersOf, type Tensor, type TensorData } from '../tensor.ts';

/** Reads the tensors that follow the JSON in order. Every size is checked before anything is allocated. */
export interface BinaryReader {
  read(name: string, datatype: Datatype, count: number, size: unknown): TensorData;
  /** Throws when bytes are left over. */
  end(): void;
}

export function createBinaryReader(bytes: Buffer | undefined): BinaryReader {
  let position = 0;
  return {
    read(name, datatype, count, size) {
      if (bytes === undefined) {
        throw invalidRequest(
          `the input ${name} has binary_data_size, but there is no Inference-Header-Content-Length`,
        );
      }
      if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > bytes.length - position) {
        throw invalidRequest(`binary_data_size of ${name} is larger than what is left of the body`);
      }
      const part = bytes.subarray(position, position + size);
      position += size;
      return bytesToData(name, datatype, count, part);
    },
    end() {
      if (bytes !== undefined && position < bytes.length) {
        throw invalidRequest(`${bytes.length - position} bytes are left over after the tensors`);
      }
    },
  };
}

/** Interprets little-endian, row-major bytes; BYTES elements are a 32-bit length and the bytes. */
export function bytesToData(name: string, datatype: Datatype, count: number, bytes: Uint8Array): TensorData {
  if (datatype === 'BYTES') return { datatype, data: readTexts(name, count, bytes) };
  if (bytes.length !== count * elementSize[datatype]) {
    throw invalidRequest(
      `the input ${name} has ${bytes.length} bytes, its shape asks for ${count * elementSize[datatype]}`,
    );
  }
  if (datatype === 'FP32') {
    const data = copyFloats(bytes);
    refuseInfinite(name, data);
    return { datatype, data };
  }
  // A copy of its own: the body's buffer is shared, and need not be aligned.
  const own = new Uint8Array(bytes).buffer;
  const data = numbersOf(datatype, own);
  if (datatype.startsWith('FP')) refuseInfinite(name, data.data);
  return data;
}

/** The bytes of a tensor as the binary extension and raw gRPC contents carry them. */
export function dataToBytes(tensor: Tensor): Buffer {
  if (tensor.datatype !== 'BYTES') {
    return Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  }
  const parts: Buffer[] = [];
  for (const text of tensor.data) {
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

function refuseInfinite(name: string, data: TensorData['data']): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      throw invalidRequest(`the input ${name} has a value at ${i} that is not finite`);
    }
  }
}

function readTexts(name: string, count: number, bytes: Uint8Array): string[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let position = 0;
  while (position < view.length) {
    if (view.length - position < 4) throw invalidRequest(`the bytes of ${name} are cut inside a length`);
    const length = view.readUInt32LE(position);
    position += 4;
    if (length > view.length - position)
      throw invalidRequest(`the bytes of ${name} are cut inside an element`);
    texts.push(view.toString('utf8', position, position + length));
    position += length;
  }
  if (texts.length !== count)
    throw invalidRequest(`the input ${name} has ${texts.length} elements, its shape asks for ${count}`);
  return texts;
}
