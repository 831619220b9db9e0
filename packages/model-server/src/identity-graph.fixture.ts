import type { Datatype, ModelSignature } from '@esteira/contracts';

/** Numbers of the element types in ONNX. */
const elementTypes: Readonly<Record<string, number>> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
};

interface GraphInput {
  readonly name: string;
  readonly datatype: Datatype;
  /** Dimensions of a row; the first dimension of the tensor varies. */
  readonly row?: readonly number[];
}

/**
 * A graph that answers what it is asked: the input `a` comes back as `a_out`. With the signature of a regression whose score
 * is the first of the inputs, which has to be of floats. For tests.
 */
export function makeIdentityGraph(inputs: readonly GraphInput[]): {
  readonly onnx: Uint8Array;
  readonly signature: ModelSignature;
} {
  const graph = [
    ...inputs.map(({ name }) =>
      field(1, [...text(1, name), ...text(2, `${name}_out`), ...text(4, 'Identity')]),
    ),
    text(2, 'identity'),
    ...inputs.map((input) => field(11, value(input.name, input))),
    ...inputs.map((input) => field(12, value(`${input.name}_out`, input))),
  ];
  const opset = field(8, [...text(1, ''), ...integer(2, 17)]);
  const onnx = Uint8Array.from([...integer(1, 8), ...field(7, graph.flat()), ...opset]);
  const tensors = inputs.map(({ name, datatype, row = [1] }) => ({ name, datatype, shape: [-1, ...row] }));
  const signature: ModelSignature = {
    task: 'regression',
    inputs: tensors,
    outputs: tensors.map((tensor) => ({ ...tensor, name: `${tensor.name}_out` })),
    features: tensors.flatMap(({ name, datatype, shape }) =>
      Array.from({ length: shape.slice(1).reduce((size, dimension) => size * dimension, 1) }, (_, index) => ({
        name: index === 0 ? name : `${name}_${index}`,
        type: datatype === 'BYTES' ? ('text' as const) : ('number' as const),
        input: name,
        index,
        missing: true,
      })),
    ),
    label: null,
    score: { output: `${inputs[0]?.name}_out`, column: 0 },
    classes: [],
    operators: ['ai.onnx.Identity'],
  };
  return { onnx, signature };
}

function value(name: string, { datatype, row = [1] }: GraphInput): number[] {
  const dimensions = [text(2, 'rows'), ...row.map((length) => integer(1, length))];
  const shape = dimensions.flatMap((dimension) => field(1, dimension));
  const type = [...integer(1, elementTypes[datatype] ?? 0), ...field(2, shape)];
  return [...text(1, name), ...field(2, field(1, type))];
}

/** A length-delimited field of a protobuf message. */
function field(number: number, content: readonly number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(content.length), ...content];
}

function text(number: number, content: string): number[] {
  return field(number, [...Buffer.from(content)]);
}

function integer(number: number, content: number): number[] {
  return [...varint(number * 8), ...varint(content)];
}

function varint(number: number): number[] {
  const low = number & 0x7f;
  return number > 0x7f ? [low | 0x80, ...varint(number >>> 7)] : [low];
}
