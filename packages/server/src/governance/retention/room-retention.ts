import type { HoldSubject, KeptBecause, RetentionKind } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

/** What a room tells about its rows, so that nothing in use is freed and policies can remove the rest. Rows are streamed. */
export interface RoomRetention {
  /** Columns that `references` reads, as `table.column`: where the schema holds digests of stored content. */
  readonly columns: readonly string[];
  /** Content that the room's rows refer to. Files below a directory follow from it. `lingersSince`: what was replaced after that may still be read. */
  references?(sql: SqlReader, lingersSince: number): AsyncIterable<BlobReference>;
  /** Things that stay whatever a policy says. `since`: only those that came to be so at or after that time, ms. */
  inUse?(sql: SqlReader, since: number): AsyncIterable<InUse>;
  readonly removable?: readonly Removable[];
}

export interface BlobReference {
  readonly digest: string;
  readonly type: 'file' | 'directory';
  readonly workspace: string;
  /** For figures: what the content belongs to. */
  readonly kind: string;
}

/** A thing by its id, which is unique in the installation. What it was made from is in use as well. */
export interface InUse {
  readonly workspace: string;
  readonly id: string;
  readonly because: Exclude<KeptBecause, 'legal-hold' | 'newest'>;
}

/** A kind of thing that a policy may remove. */
export interface Removable {
  readonly kind: Exclude<RetentionKind, 'change-evidence'>;
  /** Things of a workspace that became what they are before `before` (ms), in the order of their keys, behind `after`. */
  page(sql: SqlReader, query: RemovableQuery): Promise<readonly RemovableThing[]>;
  /** Deletes the rows and what belongs to them alone; lineage stays. */
  remove(tx: SqlTransaction, workspace: string, keys: readonly string[]): Promise<void>;
  /** How many are deleted in one transaction. */
  readonly batch: number;
}

interface RemovableQuery {
  readonly workspace: string;
  readonly before: number;
  readonly after: string | undefined;
  readonly limit: number;
}

export interface RemovableThing {
  /** What `remove` and the next page take. */
  readonly key: string;
  /** When it became what it is, ms: its retention counts from there. */
  readonly at: number;
  readonly project: string | null;
  /** Itself, and things that go with it. In use or held, one of them keeps all. */
  readonly things: readonly HoldSubject[];
  /** Those of `things` whose removal is recorded: they exist no longer after it. */
  readonly ends: boolean;
  /** What it lies in: a hold on one of these covers it. */
  readonly within: readonly HoldSubject[];
  readonly bytes: number;
  readonly content: readonly { readonly digest: string; readonly type: 'file' | 'directory' }[];
  /** A reason of the room's own to keep it. */
  readonly kept?: 'newest' | 'in-use';
}
