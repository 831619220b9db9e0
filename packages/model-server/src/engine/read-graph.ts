import { type OnnxModel, type OnnxNode, type OnnxTensor, readOnnx, settleTrees } from '@esteira/ml';
import { type KnownValues, noValues, valuesOf } from './warm-up-rows.ts';

/** What our own reading of a graph gives. */
export interface ReadGraph {
  /** Of the questions that lead down its paths. */
  readonly values: KnownValues;
  /** Its trees settled, so that compiling it takes little time; undefined where it will not be compiled, or is not read. */
  readonly model: OnnxModel | undefined;
}

/** The runtime decides what can be served; without our own reading a graph is served by the runtime alone. */
export const unread: ReadGraph = { values: noValues, model: undefined };

/** Reads a graph; `unread` where it cannot be. */
export function readGraph(bytes: Uint8Array, toCompile: boolean): ReadGraph {
  try {
    const model = readOnnx(bytes);
    return { values: valuesOf(model), model: toCompile ? settleTrees(model) : undefined };
  } catch {
    return unread;
  }
}

/** The memory that goes over to another thread with a graph, instead of being copied. */
export function buffersOf({ model }: ReadGraph): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const take = (value: unknown): void => {
    if (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  };
  const takeTensor = ({ data }: OnnxTensor): void => take(data);
  const takeNode = ({ attributes }: OnnxNode): void => {
    for (const attribute of attributes.values()) {
      if (attribute.kind === 'tensor') takeTensor(attribute.value);
      if (attribute.kind !== 'trees') continue;
      for (const list of Object.values({ ...attribute.value.flat, ...attribute.value.small })) take(list);
    }
  };
  for (const tensor of model?.graph.initializers.values() ?? []) takeTensor(tensor);
  for (const node of model?.graph.nodes ?? []) takeNode(node);
  return [...found];
}
