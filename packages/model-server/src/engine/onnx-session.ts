import type { Datatype } from '@esteira/contracts';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Tensor } from '../protocol/tensor.ts';

/** A loaded graph. `run` blocks its thread for the whole inference: onnxruntime-node only looks asynchronous. */
export interface OnnxSession {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
  run(feeds: ReadonlyMap<string, Tensor>): Promise<ReadonlyMap<string, Tensor>>;
  close(): Promise<void>;
}

/** A tensor of a graph; a dimension of -1 varies. */
export interface GraphTensor {
  readonly name: string;
  readonly datatype: Datatype | undefined;
  readonly shape: readonly number[];
}

/**
 * Loads a graph from bytes. One thread that does not spin: an idle session must cost nothing, and parallelism comes from
 * several requests, not from one. The operating system's allocator instead of the arena keeps reloads from growing.
 */
export async function createOnnxSession(bytes: Uint8Array): Promise<OnnxSession> {
  const session = await InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
  return {
    inputs: session.inputMetadata.map(describeTensor),
    outputs: session.outputMetadata.map(describeTensor),
    async run(feeds) {
      const given: Record<string, OrtTensor> = {};
      for (const [name, tensor] of feeds) given[name] = toOrt(tensor);
      const results = await session.run(given);
      const outputs = new Map<string, Tensor>();
      for (const [name, tensor] of Object.entries(results)) outputs.set(name, fromOrt(name, tensor));
      return outputs;
    },
    close: () => session.release(),
  };
}

const datatypeOf: Readonly<Record<string, Datatype>> = {
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  int64: 'INT64',
  uint64: 'UINT64',
  int32: 'INT32',
  uint32: 'UINT32',
  int16: 'INT16',
  uint16: 'UINT16',
  int8: 'INT8',
  uint8: 'UINT8',
  bool: 'BOOL',
  string: 'BYTES',
};

function describeTensor(metadata: InferenceSession.ValueMetadata): GraphTensor {
  if (!metadata.isTensor) return { name: metadata.name, datatype: undefined, shape: [] };
  return {
    name: metadata.name,
    datatype: datatypeOf[metadata.type],
    shape: metadata.shape.map((dimension) => (typeof dimension === 'number' ? dimension : -1)),
  };
}

function toOrt(tensor: Tensor): OrtTensor {
  const dimensions = [...tensor.shape];
  switch (tensor.datatype) {
    case 'FP32':
      return new OrtTensor('float32', tensor.data, dimensions);
    case 'FP64':
      return new OrtTensor('float64', tensor.data, dimensions);
    case 'FP16':
      return halfTensor(tensor.data, dimensions);
    case 'UINT64':
      return new OrtTensor('uint64', tensor.data, dimensions);
    case 'UINT32':
      return new OrtTensor('uint32', tensor.data, dimensions);
    case 'INT16':
      return new OrtTensor('int16', tensor.data, dimensions);
    case 'UINT16':
      return new OrtTensor('uint16', tensor.data, dimensions);
    case 'INT8':
      return new OrtTensor('int8', tensor.data, dimensions);
    case 'UINT8':
      return new OrtTensor('uint8', tensor.data, dimensions);
    case 'INT64':
      return new OrtTensor('int64', tensor.data, dimensions);
    case 'INT32':
      return new OrtTensor('int32', tensor.data, dimensions);
    case 'BOOL':
      return new OrtTensor('bool', tensor.data, dimensions);
    case 'BYTES':
      return new OrtTensor('string', tensor.data, dimensions);
  }
}

/** The addon reads float16 from the bits alone, where the class around it makes numbers of them. */
function halfTensor({ buffer, byteOffset, length }: Float16Array, dimensions: number[]): OrtTensor {
  const bits = new Uint16Array(buffer, byteOffset, length);
  return Object.defineProperty(new OrtTensor('float16', bits, dimensions), 'cpuData', { value: bits });
}

function fromOrt(name: string, tensor: OrtTensor): Tensor {
  const { dims: shape, data } = tensor;
  if (data instanceof Float32Array) return { name, shape, datatype: 'FP32', data };
  if (data instanceof Float64Array) return { name, shape, datatype: 'FP64', data };
  if (data instanceof BigInt64Array) return { name, shape, datatype: 'INT64', data };
  if (data instanceof Int32Array) return { name, shape, datatype: 'INT32', data };
  if (tensor.type === 'float16' && data instanceof Uint16Array)
    return { name, shape, datatype: 'FP16', data: new Float16Array(data.slice().buffer) };
  if (data instanceof Float16Array) return { name, shape, datatype: 'FP16', data };
  if (data instanceof BigUint64Array) return { name, shape, datatype: 'UINT64', data };
  if (data instanceof Uint32Array) return { name, shape, datatype: 'UINT32', data };
  if (data instanceof Int16Array) return { name, shape, datatype: 'INT16', data };
  if (data instanceof Uint16Array) return { name, shape, datatype: 'UINT16', data };
  if (data instanceof Int8Array) return { name, shape, datatype: 'INT8', data };
  if (data instanceof Uint8Array && tensor.type === 'uint8') return { name, shape, datatype: 'UINT8', data };
  if (data instanceof Uint8Array && tensor.type === 'bool') return { name, shape, datatype: 'BOOL', data };
  if (Array.isArray(data)) return { name, shape, datatype: 'BYTES', data: data.map(String) };
  throw new Error(`The output ${name} has the type ${tensor.type}, which is not served.`);
}
