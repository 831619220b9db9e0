import type { Datatype } from '@esteira/contracts';
import { bytesToData, dataToBytes } from '../protocol/rest/binary-tensors.ts';
import { countElements, parseDatatype, type Tensor } from '../protocol/tensor.ts';

/** What a Python process and its model server say to each other: a JSON header with the tensors behind it. */
export interface PythonFrame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly tensors: readonly Tensor[];
}

interface DescribedTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly size: number;
}

// A header of names and shapes that is larger is none.
const maximumHeader = 8 * 1024 * 1024;

/** Two 32-bit numbers (bytes that follow the first, bytes of the header), the header, the tensors row-major and little-endian. */
export function encodeFrame(header: Readonly<Record<string, unknown>>, tensors: readonly Tensor[]): Buffer[] {
  const bodies = tensors.map(dataToBytes);
  const described = tensors.map(({ name, datatype, shape }, at) => ({
    name,
    datatype,
    shape,
    size: bodies[at]?.length ?? 0,
  }));
  const text = Buffer.from(JSON.stringify({ ...header, inputs: described }));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(4 + text.length + bodies.reduce((sum, body) => sum + body.length, 0), 0);
  lengths.writeUInt32LE(text.length, 4);
  return [lengths, text, ...bodies];
}

/**
 * Collects bytes into frames. The function returned takes a chunk and throws an Error for bytes that are no frame, or for a
 * frame larger than `maximumBytes`: what comes from a model is trusted no more than what comes from a caller.
 */
export function createFrameReader(
  maximumBytes: number,
  onFrame: (frame: PythonFrame) => void,
): (chunk: Buffer) => void {
  let waiting: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    waiting.push(chunk);
    size += chunk.length;
    while (size >= 4) {
      const wanted = 4 + firstNumber(waiting);
      if (wanted < 8 || wanted > maximumBytes + maximumHeader)
        throw new Error(`The model answered with ${wanted} bytes.`);
      if (size < wanted) return;
      const bytes = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting);
      waiting = [bytes.subarray(wanted)];
      size -= wanted;
      onFrame(decodeFrame(bytes.subarray(4, wanted)));
    }
  };
}

function firstNumber(chunks: readonly Buffer[]): number {
  const [first] = chunks;
  return first !== undefined && first.length >= 4
    ? first.readUInt32LE(0)
    : Buffer.concat(chunks).readUInt32LE(0);
}

function decodeFrame(bytes: Buffer): PythonFrame {
  const headerSize = bytes.readUInt32LE(0);
  if (headerSize > bytes.length - 4) throw new Error('The model answered with a header that is cut off.');
  const header: unknown = JSON.parse(bytes.toString('utf8', 4, 4 + headerSize));
  if (typeof header !== 'object' || header === null) throw new Error('The model answered without a header.');
  const tensors: Tensor[] = [];
  let at = 4 + headerSize;
  for (const tensor of describedTensors(header)) {
    const data = bytes.subarray(at, at + tensor.size);
    at += tensor.size;
    const { name, shape } = tensor;
    tensors.push({ name, shape, ...bytesToData(name, tensor.datatype, countElements(name, shape), data) });
  }
  return { header: { ...header }, tensors };
}

function describedTensors(header: object): readonly DescribedTensor[] {
  const outputs: unknown = Reflect.get(header, 'outputs') ?? [];
  if (!Array.isArray(outputs)) throw new Error('The model answered with outputs that are no list.');
  return outputs.map((output: unknown) => {
    const { name, datatype, shape, size } = Object(output) as Record<string, unknown>;
    if (typeof name !== 'string' || !Array.isArray(shape) || typeof size !== 'number')
      throw new Error('The model answered with an output that is not described.');
    return { name, datatype: parseDatatype(name, datatype), shape: shape.map(Number), size };
  });
}
