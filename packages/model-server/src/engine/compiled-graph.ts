import { compileOnnx, type OnnxModel, type OnnxTensor } from '@esteira/ml';
import type { Tensor } from '../protocol/tensor.ts';
import type { FeatureBatch } from './feature-batch.ts';

/** A graph that runs as plain code on the calling thread. */
export interface CompiledGraph {
  run(batch: FeatureBatch): ReadonlyMap<string, Tensor>;
}

/** Compiles a graph of operators that are known here; undefined for any other. */
export function compileGraph(model: OnnxModel): CompiledGraph | undefined {
  const compiled = compileOnnx(model);
  if ('unsupported' in compiled) return undefined;
  return {
    run(batch) {
      const feeds: Record<string, OnnxTensor> = {};
      for (const [name, tensor] of batch.feeds) feeds[name] = toOnnx(tensor);
      const results = compiled.run(feeds);
      const outputs = new Map<string, Tensor>();
      for (const name in results) {
        const tensor = results[name];
        if (tensor !== undefined) outputs.set(name, fromOnnx(name, tensor));
      }
      return outputs;
    },
  };
}

function toOnnx(tensor: Tensor): OnnxTensor {
  const { shape: dims } = tensor;
  switch (tensor.datatype) {
    case 'FP32':
      return { type: 'float32', dims, data: tensor.data };
    case 'FP64':
      return { type: 'float64', dims, data: tensor.data };
    case 'INT64':
      return { type: 'int64', dims, data: tensor.data };
    case 'INT32':
      return { type: 'int32', dims, data: tensor.data };
    case 'BOOL':
      return { type: 'bool', dims, data: tensor.data };
    case 'BYTES':
      return { type: 'string', dims, data: tensor.data };
    default:
      throw new Error(`Compiled graphs take no ${tensor.datatype}.`);
  }
}

function fromOnnx(name: string, tensor: OnnxTensor): Tensor {
  const { dims: shape } = tensor;
  switch (tensor.type) {
    case 'float32':
      return { name, shape, datatype: 'FP32', data: tensor.data };
    case 'float64':
      return { name, shape, datatype: 'FP64', data: tensor.data };
    case 'int64':
      return { name, shape, datatype: 'INT64', data: tensor.data };
    case 'int32':
      return { name, shape, datatype: 'INT32', data: tensor.data };
    case 'bool':
      return { name, shape, datatype: 'BOOL', data: tensor.data };
    case 'string':
      return { name, shape, datatype: 'BYTES', data: [...tensor.data] };
    case 'other':
      throw new Error(`The output ${name} has the type ${tensor.elementType}, which is not served.`);
  }
}
