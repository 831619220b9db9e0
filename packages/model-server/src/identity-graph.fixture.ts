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
    ...inputs.map(({ name }) => node('Identity', [name], [`${name}_out`])),
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

/**
 * A graph that does what its only input, a whole number, asks for: it allocates so many floats, or goes round a loop so often.
 * For tests.
 */
export function makeHostileGraph(does: 'allocates' | 'loops'): {
  readonly onnx: Uint8Array;
  readonly signature: ModelSignature;
} {
  const input: GraphInput = { name: 'X', datatype: 'INT64' };
  const squeeze = node('Squeeze', ['X'], ['size'], attribute('axes', [...integer(8, 1), ...integer(20, 7)]));
  const work = {
    allocates: [
      node('ConstantOfShape', ['size'], ['zeros']),
      node('ReduceSum', ['zeros'], ['sum']),
      node('Unsqueeze', ['sum'], ['y'], attribute('axes', [...integer(8, 1), ...integer(20, 7)])),
    ],
    loops: [
      node('Cast', ['X'], ['first'], attribute('to', [...integer(3, 1), ...integer(20, 2)])),
      node(
        'Loop',
        ['size', '', 'first'],
        ['y'],
        attribute('body', [...field(6, loopBody), ...integer(20, 5)]),
      ),
    ],
  }[does];
  const graph = [
    ...[squeeze, ...work].flat(),
    ...text(2, does),
    ...field(11, value('X', input)),
    ...field(12, value('y', { name: 'y', datatype: 'FP32' })),
  ];
  const opset = field(8, [...text(1, ''), ...integer(2, 11)]);
  const { signature } = makeIdentityGraph([input]);
  return {
    onnx: Uint8Array.from([...integer(1, 6), ...field(7, graph), ...opset]),
    signature: {
      ...signature,
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
      score: { output: 'y', column: 0 },
      operators: does === 'loops' ? ['ai.onnx.Loop'] : ['ai.onnx.ConstantOfShape'],
    },
  };
}

const loopBody = [
  ...node('Identity', ['go'], ['goes']),
  ...node('Identity', ['before'], ['after']),
  ...text(2, 'body'),
  ...field(11, scalar('round', 'INT64')),
  ...field(11, scalar('go', 'BOOL')),
  ...field(11, value('before', { name: 'before', datatype: 'FP32' })),
  ...field(12, scalar('goes', 'BOOL')),
  ...field(12, value('after', { name: 'after', datatype: 'FP32' })),
];

function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly number[] = [],
): number[] {
  const names = [...inputs.flatMap((name) => text(1, name)), ...outputs.flatMap((name) => text(2, name))];
  return field(1, [...names, ...text(4, operator), ...attributes]);
}

function attribute(name: string, content: readonly number[]): number[] {
  return field(5, [...text(1, name), ...content]);
}

function scalar(name: string, datatype: Datatype): number[] {
  const type = [...integer(1, elementTypes[datatype] ?? 0), ...field(2, [])];
  return [...text(1, name), ...field(2, field(1, type))];
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
