import {
  bytesField,
  type Field,
  floatField,
  integerField,
  message,
  packedFloats,
  packedIntegers,
  textField,
} from './protobuf-writer.ts';

/** What our exporters write; the reader knows more. */
export interface GraphToWrite {
  readonly name: string;
  readonly nodes: readonly NodeToWrite[];
  readonly inputs: readonly ValueToWrite[];
  readonly outputs: readonly ValueToWrite[];
  readonly integerConstants: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly producerVersion: string;
}

export interface NodeToWrite {
  readonly domain: '' | 'ai.onnx.ml';
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeToWrite>>;
}

export type AttributeToWrite =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly text: string }
  | { readonly floats: ArrayLike<number> }
  | { readonly ints: ArrayLike<number> }
  | { readonly texts: readonly string[] };

export interface ValueToWrite {
  readonly name: string;
  readonly type: 'float32' | 'int64' | 'string';
  /** null: the number of rows, left open. */
  readonly shape: readonly (number | null)[];
}

/** Serialises to ModelProto: IR version 8, opsets ai.onnx 17 and ai.onnx.ml 3. Equal input, equal bytes. */
export function writeOnnx(graph: GraphToWrite): Uint8Array<ArrayBuffer> {
  return message([
    integerField(1, 8),
    textField(2, 'esteira'),
    textField(3, graph.producerVersion),
    bytesField(7, writeGraph(graph)),
    bytesField(8, message([textField(1, ''), integerField(2, 17)])),
    bytesField(8, message([textField(1, 'ai.onnx.ml'), integerField(2, 3)])),
    ...Object.entries(graph.metadata).map(([key, value]) =>
      bytesField(14, message([textField(1, key), textField(2, value)])),
    ),
  ]);
}

function writeGraph(graph: GraphToWrite): Uint8Array {
  return message([
    ...graph.nodes.map((node, index) => bytesField(1, writeNode(node, `${node.type}_${index}`))),
    textField(2, graph.name),
    ...graph.integerConstants.map((constant) => bytesField(5, writeIntegers(constant.name, constant.values))),
    ...graph.inputs.map((value) => bytesField(11, writeValue(value))),
    ...graph.outputs.map((value) => bytesField(12, writeValue(value))),
  ]);
}

function writeNode(node: NodeToWrite, name: string): Uint8Array {
  return message([
    ...node.inputs.map((input) => textField(1, input)),
    ...node.outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, node.type),
    ...Object.entries(node.attributes).map(([key, value]) =>
      bytesField(5, message([textField(1, key), ...writeAttribute(value)])),
    ),
    textField(7, node.domain),
  ]);
}

/** The value's field, and field 20: its AttributeType. */
function writeAttribute(value: AttributeToWrite): Field[] {
  if ('float' in value) return [floatField(2, value.float), integerField(20, 1)];
  if ('int' in value) return [integerField(3, value.int), integerField(20, 2)];
  if ('text' in value) return [textField(4, value.text), integerField(20, 3)];
  if ('floats' in value) return [packedFloats(7, value.floats), integerField(20, 6)];
  if ('ints' in value) return [packedIntegers(8, value.ints), integerField(20, 7)];
  return [...value.texts.map((text) => textField(9, text)), integerField(20, 8)];
}

/** A rank-1 INT64 TensorProto. */
function writeIntegers(name: string, values: readonly number[]): Uint8Array {
  return message([
    integerField(1, values.length),
    integerField(2, 7),
    packedIntegers(7, values),
    textField(8, name),
  ]);
}

function writeValue(value: ValueToWrite): Uint8Array {
  const elementType = { float32: 1, int64: 7, string: 8 }[value.type];
  const dims = value.shape.map((size) =>
    bytesField(1, size === null ? textField(2, 'rows') : integerField(1, size)),
  );
  const tensor = message([integerField(1, elementType), bytesField(2, message(dims))]);
  return message([textField(1, value.name), bytesField(2, bytesField(1, tensor))]);
}
