import type { TableSchema } from './table-schema.ts';

/**
 * Tables that say what runs at the moment, or belong to one database. They are empty in a new place, and would be wrong:
 * - leases, replicas, data_planes: processes that are not there.
 * - limit_buckets, limit_holders: what such processes have leased of rates that fill up again in seconds.
 * - commit_epochs: how an engine counts positions; begun anew above every position that is brought in.
 * - shared_secrets: keys, which are carried apart from the data they protect.
 */
const ofOnePlace: ReadonlySet<string> = new Set([
  'commit_epochs',
  'data_planes',
  'leases',
  'limit_buckets',
  'limit_holders',
  'replicas',
  'shared_secrets',
]);

/** Which tables an archive carries, and the names of those it leaves out. */
export function carriedTables(tables: readonly TableSchema[]): {
  readonly carried: readonly TableSchema[];
  readonly omitted: readonly string[];
} {
  return {
    carried: tables.filter(({ name }) => !ofOnePlace.has(name)),
    omitted: tables.map(({ name }) => name).filter((name) => ofOnePlace.has(name)),
  };
}
