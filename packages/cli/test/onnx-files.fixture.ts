import { writeFileSync } from 'node:fs';

interface Linear {
  readonly coefficients: readonly number[];
  readonly intercept: number;
  /** Rows that the graph takes; any number unless given. */
  readonly rows?: number;
  /** The output is what a ZipMap gives: a sequence of maps. */
  readonly zipMap?: true;
}

/** Writes an ONNX file of a linear regression over one input `X`; its output is `variable`. For tests. */
export function writeLinearModel(path: string, linear: Linear): string {
  writeFileSync(path, linearModel(linear));
  return path;
}

/** Writes a classifier of two classes over `X`, [rows, 1], whose `probabilities` are in a ZipMap, as CatBoost writes it. For tests. */
export function writeZipMapClassifier(path: string): string {
  const classes = (name: string): number[] =>
    field(5, [...text(1, name), ...varint(8, 0), ...varint(8, 1), ...varint(20, 7)]);
  const classifier = [
    ...text(1, 'X'),
    ...text(2, 'label'),
    ...text(2, 'scores'),
    ...text(4, 'LinearClassifier'),
    ...field(5, [...text(1, 'coefficients'), ...field(7, floats([-1, 1])), ...varint(20, 6)]),
    ...field(5, [...text(1, 'intercepts'), ...field(7, floats([0, 0])), ...varint(20, 6)]),
    ...field(5, [...text(1, 'post_transform'), ...text(4, 'SOFTMAX'), ...varint(20, 3)]),
    ...classes('classlabels_ints'),
    ...text(7, 'ai.onnx.ml'),
  ];
  const zipMap = [
    ...text(1, 'scores'),
    ...text(2, 'probabilities'),
    ...text(4, 'ZipMap'),
    ...classes('classlabels_int64s'),
    ...text(7, 'ai.onnx.ml'),
  ];
  const map = field(5, [...varint(1, 7), ...field(2, tensor([], 1))]);
  const graph = [
    ...field(1, classifier),
    ...field(1, zipMap),
    ...text(2, 'zipped'),
    ...field(11, [...text(1, 'X'), ...field(2, tensor([text(2, 'rows'), varint(1, 1)], 1))]),
    ...field(12, [...text(1, 'label'), ...field(2, tensor([text(2, 'rows')], 7))]),
    ...field(12, [...text(1, 'probabilities'), ...field(2, field(4, field(1, map)))]),
  ];
  const opset = field(8, [...text(1, 'ai.onnx.ml'), ...varint(2, 2)]);
  writeFileSync(path, Uint8Array.from([...varint(1, 3), ...field(7, graph), ...opset]));
  return path;
}

/** What the model answers to a row. */
export function answerOf({ coefficients, intercept }: Linear, row: readonly number[]): number {
  return coefficients.reduce((sum, weight, index) => sum + weight * (row[index] ?? 0), intercept);
}

function linearModel({ coefficients, intercept, rows, zipMap }: Linear): Uint8Array {
  const node = [
    ...text(1, 'X'),
    ...text(2, 'variable'),
    ...text(4, 'LinearRegressor'),
    ...field(5, [...text(1, 'coefficients'), ...field(7, floats(coefficients)), ...varint(20, 6)]),
    ...field(5, [...text(1, 'intercepts'), ...field(7, floats([intercept])), ...varint(20, 6)]),
    ...text(7, 'ai.onnx.ml'),
  ];
  const batch = rows === undefined ? text(2, 'rows') : varint(1, rows);
  const output = zipMap
    ? field(4, field(1, field(5, [...varint(1, 7), ...field(2, tensor([], 1))])))
    : tensor([batch, varint(1, 1)], 1);
  const graph = [
    ...field(1, node),
    ...text(2, 'linear'),
    ...field(11, [...text(1, 'X'), ...field(2, tensor([batch, varint(1, coefficients.length)], 1))]),
    ...field(12, [...text(1, 'variable'), ...field(2, output)]),
  ];
  return Uint8Array.from([
    ...varint(1, 8),
    ...field(7, graph),
    ...field(8, [...text(1, ''), ...varint(2, 17)]),
    ...field(8, [...text(1, 'ai.onnx.ml'), ...varint(2, 3)]),
  ]);
}

function tensor(dimensions: readonly (readonly number[])[], elementType: number): number[] {
  const shape = dimensions.flatMap((dimension) => field(1, dimension));
  return field(1, [...varint(1, elementType), ...field(2, shape)]);
}

function floats(values: readonly number[]): number[] {
  return [...new Uint8Array(Float32Array.from(values).buffer)];
}

function text(number: number, value: string): number[] {
  return field(number, [...Buffer.from(value)]);
}

function field(number: number, bytes: readonly number[]): number[] {
  return [...base128(number * 8 + 2), ...base128(bytes.length), ...bytes];
}

function varint(number: number, value: number): number[] {
  return [...base128(number * 8), ...base128(value)];
}

function base128(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...base128(Math.floor(value / 128))];
}
