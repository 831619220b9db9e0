import type { FittedColumn, FittedPreprocessing } from '../preprocessing/fit-preprocessing.ts';
import { outputNames, outputOrder } from '../preprocessing/transform.ts';
import type { AttributeToWrite, NodeToWrite } from './write-onnx.ts';

/** The columns of each graph input, in order. */
export interface InputGroups {
  readonly X: readonly string[];
  readonly X_text: readonly string[];
}

export interface ExportedPreprocessing {
  readonly nodes: readonly NodeToWrite[];
  readonly integerConstants: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Name of the FLOAT [rows, features] value the model reads. */
  readonly output: string;
  readonly features: readonly string[];
  readonly groups: InputGroups;
}

type PlainColumn = FittedColumn & { encode: 'none' };
type EncodedColumn = FittedColumn & { encode: 'one_hot' | 'ordinal' };

/** The same steps as `transform`, in the same order: plain numbers as one tensor, then each encoded column. */
export function exportPreprocessing(fitted: FittedPreprocessing): ExportedPreprocessing {
  const groups = {
    X: fitted.columns.filter((column) => column.type === 'number').map((column) => column.name),
    X_text: fitted.columns.filter((column) => column.type === 'text').map((column) => column.name),
  };
  const nodes: NodeToWrite[] = [];
  const integerConstants: { name: string; values: number[] }[] = [];

  function node(
    type: string,
    input: string,
    output: string,
    attributes: Record<string, AttributeToWrite>,
  ): string {
    nodes.push({ domain: 'ai.onnx.ml', type, inputs: [input], outputs: [output], attributes });
    return output;
  }

  /** [rows, columns.length] of the named columns of an input. */
  function extract(input: keyof InputGroups, names: readonly string[], output: string): string {
    const positions = names.map((name) => groups[input].indexOf(name));
    if (positions.length === groups[input].length && positions.every((position, i) => position === i))
      return input;
    integerConstants.push({ name: `${output}_columns`, values: positions });
    nodes.push({
      domain: 'ai.onnx.ml',
      type: 'ArrayFeatureExtractor',
      inputs: [input, `${output}_columns`],
      outputs: [output],
      attributes: {},
    });
    return output;
  }

  function plainNumbers(columns: readonly PlainColumn[]): string {
    let value = extract(
      'X',
      columns.map((column) => column.name),
      'numbers',
    );
    if (columns.some((column) => column.fill !== null)) value = impute(value, columns, 'numbers_imputed');
    if (columns.every((column) => column.offset === 0 && column.scale === 1)) return value;
    return node('Scaler', value, 'numbers_scaled', {
      offset: { floats: columns.map((column) => column.offset) },
      scale: { floats: columns.map((column) => column.scale) },
    });
  }

  /** Filling in NaN changes nothing. */
  function impute(input: string, columns: readonly { fill: number | null }[], output: string): string {
    return node('Imputer', input, output, {
      imputed_value_floats: { floats: columns.map((column) => column.fill ?? Number.NaN) },
      replaced_value_float: { float: Number.NaN },
    });
  }

  function encoded(column: EncodedColumn, prefix: string): string {
    const input = column.type === 'text' ? 'X_text' : 'X';
    let value = extract(input, [column.name], prefix);
    if (column.type === 'number' && column.fill !== null)
      value = impute(value, [column], `${prefix}_imputed`);
    const keys = keysOf(column);
    if (column.encode === 'ordinal') {
      return node('LabelEncoder', value, `${prefix}_ordinal`, {
        ...keys.attribute,
        values_floats: { floats: keys.positions },
        default_float: { float: Number.NaN },
      });
    }
    const codes = node('LabelEncoder', value, `${prefix}_code`, {
      ...keys.attribute,
      values_int64s: { ints: keys.positions },
      default_int64: { int: -1 },
    });
    const oneHot = node('OneHotEncoder', codes, `${prefix}_one_hot`, {
      cats_int64s: { ints: column.categories.map((_, k) => k) },
      zeros: { int: 1 },
    });
    // [rows, 1, categories] to [rows, categories]
    nodes.push({
      domain: '',
      type: 'Flatten',
      inputs: [oneHot],
      outputs: [`${prefix}_flat`],
      attributes: { axis: { int: 1 } },
    });
    return `${prefix}_flat`;
  }

  const ordered = outputOrder(fitted);
  const plain = ordered.filter((column): column is PlainColumn => column.encode === 'none');
  const parts = plain.length > 0 ? [plainNumbers(plain)] : [];
  for (const column of ordered) {
    if (column.encode !== 'none') parts.push(encoded(column, `column_${fitted.columns.indexOf(column)}`));
  }
  const [only = 'X'] = parts;
  if (parts.length > 1) {
    nodes.push({
      domain: '',
      type: 'Concat',
      inputs: parts,
      outputs: ['features'],
      attributes: { axis: { int: 1 } },
    });
  }
  return {
    nodes,
    integerConstants,
    output: parts.length > 1 ? 'features' : only,
    features: outputNames(fitted),
    groups,
  };
}

/** A missing text ("") counts as its fill, where it has one. */
function keysOf(column: EncodedColumn): { attribute: Record<string, AttributeToWrite>; positions: number[] } {
  const positions = column.categories.map((_, k) => k);
  if (column.type === 'number')
    return { attribute: { keys_floats: { floats: column.categories } }, positions };
  const fillPosition = column.fill === null ? -1 : column.categories.indexOf(column.fill);
  if (fillPosition < 0) return { attribute: { keys_strings: { texts: column.categories } }, positions };
  return {
    attribute: { keys_strings: { texts: [...column.categories, ''] } },
    positions: [...positions, fillPosition],
  };
}
