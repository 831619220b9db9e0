export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The tolerance of a golden file, or of one of its methods. */
export interface Tolerance {
  statistic_rel: number;
  abs: number;
  /** For fields called p or p_…, and for `value` of the tests named in p_tests. */
  p_rel?: number;
  p_tests?: string[];
  ignore?: string[];
  at_most?: Record<string, number>;
  optional?: boolean;
  methods?: Record<string, Partial<Tolerance>>;
}

/** Null when every expected field is met, otherwise the first difference in words. */
export function compareExpected(
  expected: { [key: string]: Json },
  answer: Readonly<Record<string, unknown>>,
  tolerance: Tolerance,
): string | null {
  return compareValue(expected, answer, tolerance, '');
}

function compareValue(expected: Json, got: unknown, tolerance: Tolerance, path: string): string | null {
  if (typeof expected === 'number') return compareNumber(expected, got, tolerance, path);
  if (Array.isArray(expected)) return compareArray(expected, got, tolerance, path);
  if (expected !== null && typeof expected === 'object') return compareObject(expected, got, tolerance, path);
  return Object.is(expected, got) ? null : `${path}: ${show(got)} instead of ${show(expected)}`;
}

function compareObject(
  expected: { [key: string]: Json },
  got: unknown,
  tolerance: Tolerance,
  path: string,
): string | null {
  if (got === null || typeof got !== 'object') return `${path}: ${show(got)} instead of an object`;
  const fields = new Map(Object.entries(got));
  const named = [expected.method, expected.display_name];
  const valueIsP = (tolerance.p_tests ?? []).some((test) => named.includes(test));
  for (const [key, value] of Object.entries(expected)) {
    if (tolerance.ignore?.includes(key)) continue;
    const at = path === '' ? key : `${path}.${key}`;
    const bound = tolerance.at_most?.[key];
    if (bound !== undefined) {
      const own = fields.get(key);
      if (typeof own !== 'number' || !(own <= bound)) return `${at}: ${show(own)} exceeds ${bound}`;
      continue;
    }
    const isP = key === 'p' || key.startsWith('p_') || (key === 'value' && valueIsP);
    const within = isP
      ? { ...tolerance, statistic_rel: tolerance.p_rel ?? tolerance.statistic_rel }
      : tolerance;
    const problem = compareValue(value, fields.get(key), within, at);
    if (problem !== null) return problem;
  }
  return null;
}

function compareArray(expected: Json[], got: unknown, tolerance: Tolerance, path: string): string | null {
  const values = Array.isArray(got) ? got : ArrayBuffer.isView(got) ? Array.from(got as Float64Array) : null;
  if (values === null) return `${path}: ${show(got)} instead of an array`;
  if (values.length !== expected.length)
    return `${path}: ${values.length} entries instead of ${expected.length}`;
  for (const [i, value] of expected.entries()) {
    const problem = compareValue(value, values[i], tolerance, `${path}[${i}]`);
    if (problem !== null) return problem;
  }
  return null;
}

function compareNumber(expected: number, got: unknown, tolerance: Tolerance, path: string): string | null {
  const wrong = `${path}: ${show(got)} instead of ${expected}`;
  // "Not computable" is our word for the library's NaN.
  if (Number.isNaN(expected)) return got === null || Number.isNaN(got) ? null : wrong;
  if (typeof got !== 'number') return wrong;
  if (!Number.isFinite(expected) || !Number.isFinite(got)) return got === expected ? null : wrong;
  const allowed = Math.max(tolerance.abs, tolerance.statistic_rel * Math.abs(expected));
  return Math.abs(got - expected) <= allowed ? null : wrong;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 120);
}
