import type {
  CallColumn,
  FeaturePolicy,
  JsonValue,
  ModelExamples,
  ModelSignature,
  QuestionColumn,
  RequestPolicies,
} from '@esteira/contracts';
import { exampleRow } from '../../registry/index.ts';

type QuestionType = QuestionColumn['type'];

/** A column and the features that its values fill. */
interface AskedColumn {
  readonly name: string;
  readonly type: QuestionType;
  readonly required: boolean;
  readonly width: number | undefined;
  readonly features: readonly string[];
}

const mostSeen = 50;

/** The columns by which a model is asked, filled in from its stored examples. Empty where it takes tensors. */
export function questionForm(
  signature: ModelSignature,
  examples: ModelExamples,
  policies: RequestPolicies = {},
): QuestionColumn[] {
  const rows = examples.expected.map((_, row) => exampleRow(examples, row));
  return askedColumns(signature).map(({ name, type, required, width, features }) => {
    const policy = policies[name];
    const values = features.map((feature) => rows[0]?.get(feature) ?? null);
    const seen = type === 'text' ? textsOf(rows.map((row) => row.get(features[0] ?? '') ?? null)) : [];
    const stored = type === 'list' ? wholeList(values) : exampleOf(type, values[0] ?? null);
    return {
      name,
      type,
      required,
      ...(width === undefined ? {} : { width }),
      ...(policy?.minimum === undefined ? {} : { minimum: policy.minimum }),
      ...(policy?.maximum === undefined ? {} : { maximum: policy.maximum }),
      ...(policy?.categories === undefined ? {} : { categories: policy.categories }),
      ...(seen.length === 0 ? {} : { seen }),
      example: stored ?? (required ? madeUp(type, width, policy) : null),
    };
  });
}

function askedColumns({ call, inputs, features }: ModelSignature): AskedColumn[] {
  if (call === undefined) {
    return features.map(({ name, type, input, missing }) => {
      const datatype = inputs.find((candidate) => candidate.name === input)?.datatype ?? 'FP64';
      return {
        name,
        type: type === 'text' ? 'text' : typeOfNumbers(datatype),
        required: !missing,
        width: undefined,
        features: [name],
      };
    });
  }
  if (call.takes.kind === 'tensors') return [];
  return call.takes.columns.map(({ name, type, required, width, input, index }) => ({
    name,
    type: width === undefined ? typeOf(type) : 'list',
    required,
    width,
    features: features
      .filter((one) => one.input === input && one.index >= index && one.index < index + (width ?? 1))
      .toSorted((left, right) => left.index - right.index)
      .map((feature) => feature.name),
  }));
}

/** A list with a gap is no example. */
function wholeList(values: readonly (number | string | null)[]): readonly (number | string | null)[] | null {
  return values.includes(null) ? null : values;
}

function typeOfNumbers(datatype: string): QuestionType {
  if (datatype === 'BOOL') return 'boolean';
  return datatype.includes('INT') ? 'integer' : 'number';
}

function typeOf(type: CallColumn['type']): QuestionType {
  if (type === 'boolean') return 'boolean';
  if (type === 'integer' || type === 'long') return 'integer';
  if (type === 'datetime') return 'time';
  return type === 'string' || type === 'binary' ? 'text' : 'number';
}

/** A value as the graph takes it, as a caller sends it: there a time is nanoseconds since 1970. */
function exampleOf(type: QuestionType, value: number | string | null): JsonValue {
  if (typeof value !== 'number') return value;
  if (type === 'boolean') return value !== 0;
  return type === 'time' ? new Date(value / 1e6).toISOString() : value;
}

function madeUp(type: QuestionType, width: number | undefined, policy: FeaturePolicy | undefined): JsonValue {
  const { categories, minimum, maximum } = policy ?? {};
  if (categories?.[0] !== undefined) return categories[0];
  if (type === 'text') return '';
  if (type === 'boolean') return false;
  if (type === 'time') return '2026-01-01T00:00:00Z';
  if (type === 'list') return Array.from({ length: width ?? 0 }, () => 0);
  return minimum ?? Math.min(0, maximum ?? 0);
}

function textsOf(values: readonly (number | string | null)[]): string[] {
  const texts = values.filter((value) => typeof value === 'string' && value !== '');
  return [...new Set(texts)].map(String).sort().slice(0, mostSeen);
}
