import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';

export interface IdentityDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly audit: Pick<AuditLog, 'record'>;
  /** Holds the file `first-sign-in` while the first link waits in it. */
  readonly dataDirectory: string;
}
