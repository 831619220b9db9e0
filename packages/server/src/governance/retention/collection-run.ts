import type { GarbageReport } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Marks } from './marks.ts';
import type { RoomRetention } from './room-retention.ts';

/** What the stages of one collection share. */
export interface CollectionRun {
  readonly id: string;
  readonly dryRun: boolean;
  readonly context: RequestContext;
  readonly signal: AbortSignal;
  /** When it began, ms: ages are counted from it. */
  readonly startedAt: number;
  /** How long content that nothing refers to is kept, ms. */
  readonly grace: number;
  /**
   * Content is freed that was stored, and that nothing has referred to, before this: the beginning of the grace period, or
   * of the job that has been at work for longest, which may still have it in hand.
   */
  readonly before: number;
  readonly rooms: readonly RoomRetention[];
  readonly marks: Marks;
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly audit: AuditLog;
  /** What was found and done so far; stages replace it. */
  report: GarbageReport;
  /** Fails the transaction when another process collects by now. */
  guard(tx: SqlTransaction): Promise<void>;
  progress(share: number, message: string): void;
}
