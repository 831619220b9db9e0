import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { insertReport, type TriedReport } from './report-store.ts';

type AuditRecord = Parameters<AuditLog['record']>[2];

/** Keeps what was tried and measured, and that it was: `serving.<kind>.run` in the audit log. */
export async function recordReport(
  { sql, audit }: { readonly sql: SqlDatabase; readonly audit: AuditLog },
  context: RequestContext,
  { audited, ...report }: TriedReport & { readonly audited: Pick<AuditRecord, 'subject' | 'details'> },
): Promise<void> {
  await sql.transaction(async (tx) => {
    await insertReport(tx, context.workspace, report);
    await audit.record(tx, context, { action: `serving.${report.kind}.run`, ...audited });
  });
}
