import type * as Ml from '@esteira/ml';
import type { DriftMethod, ReferenceProfile } from '@esteira/ml';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import type { DriftLimit } from '../windows/drift-methods.ts';
import { type WindowGrid, windowStartOf } from '../windows/window-range.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

/** The rows of the reference by column. Times in ms, NaN where a row has none. */
export interface ReferenceRows {
  readonly numeric: ReadonlyMap<string, Float64Array>;
  readonly text: ReadonlyMap<string, readonly (string | null)[]>;
  readonly times: Float64Array | null;
}

/** How far beyond sampling noise the reference's own windows are from the whole of it. */
interface ChunkExcess {
  readonly mean: number;
  readonly deviation: number;
  readonly chunks: number;
}

export interface ProfiledColumn {
  readonly profile: ReferenceProfile;
  readonly chunkExcess: Readonly<Partial<Record<DriftMethod, ChunkExcess>>>;
}

/** A profiled reference: plain JSON, made once, so that a window is compared in time of the window. */
export interface ProfiledReference {
  readonly rows: number;
  /** Windows of the reference that the excesses rest on; 0 when it has no times or too few. */
  readonly chunks: number;
  readonly columns: Readonly<Record<string, ProfiledColumn>>;
}

export interface ProfileSettings {
  readonly grid: WindowGrid;
  readonly minRows: number;
  readonly limits: { readonly numeric: readonly DriftLimit[]; readonly categorical: readonly DriftLimit[] };
}

// Fewer windows say nothing about their spread.
const leastChunks = 6;

/**
 * Profiles each column, and measures how far the reference's own windows lie from the whole. Data of the real world is
 * not drawn independently: a day differs from its season by more than sampling alone explains, which no p-value knows.
 */
export function profileReference(rows: ReferenceRows, settings: ProfileSettings): ProfiledReference {
  const chunks = rows.times ? chunksOf(rows.times, settings) : [];
  const columns: Record<string, ProfiledColumn> = {};
  let count = rows.times?.length ?? 0;
  for (const [name, values] of rows.numeric) {
    const profile = ml().createReferenceProfile(values, { kind: 'numeric' });
    const window = (chunk: readonly number[]) => Float64Array.from(chunk, (row) => values[row] ?? Number.NaN);
    const chunkExcess = measureChunks(profile, chunks.map(window), settings.limits.numeric);
    columns[name] = { profile, chunkExcess };
    count = values.length;
  }
  for (const [name, values] of rows.text) {
    const profile = ml().createReferenceProfile(values, { kind: 'categorical' });
    const window = (chunk: readonly number[]) => chunk.map((row) => values[row] ?? null);
    const chunkExcess = measureChunks(profile, chunks.map(window), settings.limits.categorical);
    columns[name] = { profile, chunkExcess };
    count = values.length;
  }
  return { rows: count, chunks: chunks.length, columns };
}

/** Row numbers by window, for windows with enough rows; none when there are fewer than six of them. */
function chunksOf(times: Float64Array, { grid, minRows }: ProfileSettings): readonly (readonly number[])[] {
  const chunks = new Map<number, number[]>();
  for (const [row, time] of times.entries()) {
    if (Number.isNaN(time)) continue;
    const start = windowStartOf(grid, time);
    const chunk = chunks.get(start);
    if (chunk) chunk.push(row);
    else chunks.set(start, [row]);
  }
  const large = [...chunks.values()].filter((chunk) => chunk.length >= minRows);
  return large.length >= leastChunks ? large : [];
}

function measureChunks(
  profile: ReferenceProfile,
  windows: readonly (Float64Array | readonly (string | null)[])[],
  limits: readonly DriftLimit[],
): ProfiledColumn['chunkExcess'] {
  const methods = limits.map(({ method }) => method);
  const excesses = new Map<DriftMethod, number[]>();
  for (const window of windows) {
    for (const { method, statistic, noiseLevel } of ml().driftAgainst(profile, window, { methods }).results) {
      if (statistic === null) continue;
      // Windows differ in size, and so in noise: only what is beyond it can be carried over to another window.
      const excess = Math.max(0, statistic - (noiseLevel ?? 0));
      excesses.set(method, [...(excesses.get(method) ?? []), excess]);
    }
  }
  const measured: Partial<Record<DriftMethod, ChunkExcess>> = {};
  for (const [method, values] of excesses) {
    if (values.length < leastChunks) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    measured[method] = {
      mean,
      deviation: Math.sqrt(squares / (values.length - 1)),
      chunks: values.length,
    };
  }
  return measured;
}
