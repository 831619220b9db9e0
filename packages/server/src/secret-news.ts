import type { SecretKey } from './config.ts';
import { type AuditLog, defaultWorkspace, systemActor } from './governance/index.ts';
import type { IdGenerator } from './kernel/ids.ts';
import type { Logger } from './kernel/logger.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';

/** Tells the log and the audit log that the file of a secret was replaced while the server runs. Never fails. */
export function createSecretNews(deps: {
  readonly sql: SqlDatabase;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly audit: AuditLog;
}): (key: SecretKey, verdict: 'taken' | 'refused') => Promise<void> {
  const { sql, ids, logger, audit } = deps;
  return async (key, verdict) => {
    if (verdict === 'refused') {
      logger.error({ key }, 'the file of a secret was replaced by what it cannot be; the last secret stands');
      return;
    }
    logger.info({ key }, 'the file of a secret was replaced');
    const context = { workspace: defaultWorkspace, actor: systemActor, requestId: ids.next('req') };
    try {
      await sql.transaction((tx) =>
        audit.record(tx, context, {
          action: 'installation.secret.replaced',
          subject: { kind: 'setting', id: key },
        }),
      );
    } catch (error) {
      logger.error({ err: error, key }, 'the replacement of a secret could not be recorded');
    }
  };
}
