import { MlInputError } from '../../packages/ml/src/index.ts';
import { compareExpected, type Json, type Tolerance } from './compare-expected.ts';

export interface GoldenCase {
  id: string;
  method: string;
  arrays?: string;
  input?: Record<string, Json>;
  params?: Record<string, Json>;
  expected?: Record<string, Json>;
  raises?: { type: string; message: string };
}

export interface GoldenFile {
  schema: string;
  set: string;
  tolerance: Tolerance;
  arrays: Record<string, Record<string, Json>>;
  cases: GoldenCase[];
}

/** A case's arguments: `data` joins the named arrays and the case's own input, NaN and infinities decoded. */
export interface CaseArguments {
  data: Record<string, Json>;
  params: Record<string, Json>;
  arrays: Record<string, Record<string, Json>>;
  /** Folder of the file, for models that lie beside it. */
  directory: string;
}

/**
 * What our code answers, field by field as in `expected`; null stands for "not computable". `undefined` says that this
 * variant of the method is not implemented.
 */
export type CaseAnswer = Readonly<Record<string, unknown>> | undefined;

export type GoldenAdapter = Readonly<Record<string, (call: CaseArguments) => CaseAnswer>>;

export interface Verdict {
  outcome: 'passed' | 'failed' | 'optional' | 'uncovered';
  reason: string;
}

/** Runs our code on one case and compares. */
export function checkCase(
  golden: GoldenCase,
  file: GoldenFile,
  adapter: GoldenAdapter | undefined,
  directory: string,
): Verdict {
  const answerOf =
    adapter !== undefined && Object.hasOwn(adapter, golden.method) ? adapter[golden.method] : undefined;
  if (answerOf === undefined) return { outcome: 'uncovered', reason: 'method not implemented' };
  const tolerance = { ...file.tolerance, ...file.tolerance.methods?.[golden.method] };
  let answer: CaseAnswer;
  let refusal: MlInputError | null = null;
  try {
    answer = answerOf({
      data: {
        ...decodeObject(golden.arrays === undefined ? {} : (file.arrays[golden.arrays] ?? {})),
        ...decodeObject(golden.input ?? {}),
      },
      params: decodeObject(golden.params ?? {}),
      arrays: file.arrays,
      directory,
    });
  } catch (error) {
    if (!(error instanceof MlInputError)) {
      return { outcome: 'failed', reason: `threw ${error instanceof Error ? error.stack : String(error)}` };
    }
    refusal = error;
  }
  if (refusal === null && answer === undefined)
    return { outcome: 'uncovered', reason: 'variant not implemented' };
  const problem = golden.raises
    ? refusalProblem(answer, refusal)
    : answerProblem(golden, answer, refusal, tolerance);
  if (problem === null) return { outcome: 'passed', reason: '' };
  return { outcome: tolerance.optional === true ? 'optional' : 'failed', reason: problem };
}

function refusalProblem(answer: CaseAnswer, refusal: MlInputError | null): string | null {
  if (refusal !== null || !holdsNumber(answer)) return null;
  return `answered ${JSON.stringify(answer).slice(0, 200)} where the library refuses`;
}

function answerProblem(
  golden: GoldenCase,
  answer: CaseAnswer,
  refusal: MlInputError | null,
  tolerance: Tolerance,
): string | null {
  if (refusal !== null) return `refused (${refusal.code}: ${refusal.message})`;
  return compareExpected(decodeObject(golden.expected ?? {}), answer ?? {}, tolerance);
}

/** Whether a "not computable" answer slipped a number in. */
function holdsNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isNaN(value);
  if (Array.isArray(value)) return value.some(holdsNumber);
  if (value !== null && typeof value === 'object') return Object.values(value).some(holdsNumber);
  return false;
}

function decodeObject(value: Record<string, Json>): Record<string, Json> {
  const decoded: Record<string, Json> = {};
  for (const [key, entry] of Object.entries(value)) decoded[key] = decode(entry);
  return decoded;
}

function decode(value: Json): Json {
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Infinity;
  if (value === '-Infinity') return -Infinity;
  if (Array.isArray(value)) return value.map(decode);
  if (value !== null && typeof value === 'object') return decodeObject(value);
  return value;
}
