import {
  appendIntegers,
  bytesOf,
  integerOf,
  malformed,
  readFields,
  textOf,
  type WireField,
} from './protobuf-reader.ts';
import { bytesField, type Field, integerField, message, textField } from './protobuf-writer.ts';

/** The lowest that a graph without operators of ONNX itself is given for the one that it gets here. */
const lowestOpset = 8;

/**
 * The graph with its ZipMaps taken off, so that probabilities are one tensor, a column for each class in the order of the
 * map's keys; undefined where it has none. CatBoost writes one always, others unless told not to. Nothing else changes.
 *
 * @throws MlInputError ONNX_MALFORMED
 */
export function withoutZipMap(model: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const fields = [...readFields(model)];
  const graph = fields.find(({ number }) => number === 7);
  if (graph === undefined) return undefined;
  const classesByOutput = new Map<string, number>();
  const nodes = new Map<WireField, Field>();
  const graphFields = [...readFields(bytesOf(graph))];
  for (const field of graphFields) {
    const zipMap = field.number === 1 ? readZipMap(bytesOf(field)) : undefined;
    if (zipMap === undefined) continue;
    classesByOutput.set(zipMap.output, zipMap.classes);
    nodes.set(field, bytesField(1, identity(zipMap)));
  }
  if (nodes.size === 0) return undefined;

  const rewritten = graphFields.map((field) => {
    if (field.number !== 12) return nodes.get(field) ?? copy(field);
    const name = [...readFields(bytesOf(field))].find(({ number }) => number === 1);
    const classes = name === undefined ? undefined : classesByOutput.get(textOf(name));
    return name === undefined || classes === undefined
      ? copy(field)
      : bytesField(12, probabilities(textOf(name), classes));
  });
  const known = fields.some((field) => field.number === 8 && domainOf(field) === '');
  return message([
    ...fields.map((field) => (field === graph ? bytesField(7, message(rewritten)) : copy(field))),
    ...(known ? [] : [bytesField(8, message([textField(1, ''), integerField(2, lowestOpset)]))]),
  ]);
}

interface ZipMap {
  readonly input: string;
  readonly output: string;
  readonly classes: number;
}

/** Undefined for a node of another operator. */
function readZipMap(node: Uint8Array): ZipMap | undefined {
  const texts = new Map<number, string>();
  let classes = 0;
  for (const field of readFields(node)) {
    if (field.number === 5) classes += countClasses(bytesOf(field));
    else texts.set(field.number, textOf(field));
  }
  if (texts.get(4) !== 'ZipMap' || texts.get(7) !== 'ai.onnx.ml') return undefined;
  return { input: texts.get(1) ?? '', output: texts.get(2) ?? '', classes };
}

/** Of `classlabels_int64s` (ints, field 8) or `classlabels_strings` (strings, field 9). */
function countClasses(attribute: Uint8Array): number {
  let count = 0;
  for (const field of readFields(attribute)) {
    if (field.number === 9) count += 1;
    if (field.number !== 8) continue;
    const labels: number[] = [];
    appendIntegers(field, labels);
    count += labels.length;
  }
  return count;
}

/** An operator that hands the probabilities on under the name that the map had. */
function identity({ input, output }: ZipMap): Uint8Array {
  return message([textField(1, input), textField(2, output), textField(4, 'Identity')]);
}

/** A ValueInfoProto of FLOAT, the only type that a ZipMap takes: rows of any number, a column for each class. */
function probabilities(name: string, classes: number): Uint8Array {
  const shape = message([
    bytesField(1, textField(2, 'rows')),
    bytesField(1, classes === 0 ? textField(2, 'classes') : integerField(1, classes)),
  ]);
  const tensor = message([integerField(1, 1), bytesField(2, shape)]);
  return message([textField(1, name), bytesField(2, bytesField(1, tensor))]);
}

function domainOf(opset: WireField): string {
  const domain = [...readFields(bytesOf(opset))].find(({ number }) => number === 1);
  return domain === undefined ? '' : textOf(domain);
}

/** Models and graphs hold numbers, texts and messages only. */
function copy(field: WireField): Field {
  if (field.wireType === 0) return integerField(field.number, integerOf(field));
  if (field.wireType === 2) return bytesField(field.number, field.bytes);
  return malformed(`field ${field.number} has wire type ${field.wireType}`);
}
