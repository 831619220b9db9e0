import type { Materialization } from '@esteira/contracts';
import type { Cache } from '../storage/cache/cache.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { findMaterialization, type OnlineRow, readOnlineRows } from './online-store.ts';

/** Values of one moment, by packed key; keys without facts are left out. */
interface OnlineAnswer {
  /** Undefined when the view was never materialized. */
  readonly materialization: Materialization | undefined;
  readonly values: ReadonlyMap<string, readonly (number | null)[]>;
}

/**
 * The online values of views: kept in SQL, read through a cache. A cached row stands under the generation it was computed
 * in, and which generation is in force is asked of SQL at every read; so a row of an earlier one is never looked at, whatever
 * a cache missed while it was away or brought back when it came again.
 */
export interface OnlineValues {
  /** All values are of one generation, that in force when the read began or a later one. */
  read(workspace: string, view: string, keys: readonly string[]): Promise<OnlineAnswer>;
  /** Puts the values of a generation into a shared cache before it comes into force. */
  keep(workspace: string, generation: Materialization, rows: readonly OnlineRow[]): Promise<void>;
  /** Frees what a shared cache holds of a generation that is over. */
  forget(workspace: string, generation: Materialization, rows: readonly OnlineRow[]): Promise<void>;
}

// Keys that nobody asks for leave the cache; those that are asked for come back with the next read.
const ttlMs = 6 * 3_600_000;
const keysAtOnce = 500;
// A view that is materialized again with every try would be; then one statement has the last word.
const mostTries = 3;

export function createOnlineValues(deps: { readonly sql: SqlReader; readonly cache: Cache }): OnlineValues {
  const { sql, cache } = deps;

  /** Undefined when another generation came into force on the way. */
  async function readGeneration(
    workspace: string,
    generation: Materialization,
    keys: readonly string[],
  ): Promise<OnlineAnswer | undefined> {
    const space = spaceOf(workspace, generation);
    const values = new Map<string, readonly (number | null)[]>();
    const missing: string[] = [];
    const cached = await cache.getMany(space, keys);
    for (const [index, key] of keys.entries()) {
      const packed = cached[index];
      if (packed === undefined) missing.push(key);
      else if (packed.length > 0) values.set(key, unpack(packed));
    }
    for (let first = 0; first < missing.length; first += keysAtOnce) {
      const part = missing.slice(first, first + keysAtOnce);
      const found = await readOnlineRows(sql, workspace, generation.view, part);
      if (found === undefined || spaceOf(workspace, found.materialization) !== space) return undefined;
      for (const row of found.rows) values.set(row.key, row.values);
      const entries = part.map((key) => ({ key, value: pack(values.get(key)) }));
      await cache.setMany(space, entries, { ttlMs });
    }
    return { materialization: generation, values };
  }

  return {
    async read(workspace, view, keys) {
      const distinct = [...new Set(keys)];
      for (let tries = 0; tries < mostTries; tries++) {
        const generation = await findMaterialization(sql, workspace, view);
        if (generation === undefined) return { materialization: undefined, values: new Map() };
        const answer = await readGeneration(workspace, generation, distinct);
        if (answer !== undefined) return answer;
      }
      const found = await readOnlineRows(sql, workspace, view, distinct);
      return {
        materialization: found?.materialization,
        values: new Map(found?.rows.map((row) => [row.key, row.values])),
      };
    },
    async keep(workspace, generation, rows) {
      if (!cache.shared) return;
      const entries = rows.map(({ key, values }) => ({ key, value: pack(values) }));
      await cache.setMany(spaceOf(workspace, generation), entries, { ttlMs });
    },
    async forget(workspace, generation, rows) {
      if (!cache.shared) return;
      await cache.deleteMany(
        spaceOf(workspace, generation),
        rows.map(({ key }) => key),
      );
    },
  };
}

/** The cached rows of one generation: what they were computed from, and when it was written. */
function spaceOf(workspace: string, { view, viewVersion, at, sourceVersionId, writtenAt }: Materialization) {
  return `online:${JSON.stringify([workspace, view, viewVersion, at, sourceVersionId, writtenAt])}`;
}

const bytesOfNumber = 8;

/** Little-endian doubles behind one byte; missing is NaN, which no feature is. No bytes at all: the key has no facts. */
function pack(values: readonly (number | null)[] | undefined): Uint8Array {
  if (values === undefined) return new Uint8Array(0);
  const packed = Buffer.alloc(1 + values.length * bytesOfNumber);
  for (const [index, value] of values.entries())
    packed.writeDoubleLE(value ?? Number.NaN, 1 + index * bytesOfNumber);
  return packed;
}

function unpack(packed: Uint8Array): readonly (number | null)[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const values: (number | null)[] = [];
  for (let at = 1; at < bytes.length; at += bytesOfNumber) {
    const value = bytes.readDoubleLE(at);
    values.push(Number.isNaN(value) ? null : value);
  }
  return values;
}
