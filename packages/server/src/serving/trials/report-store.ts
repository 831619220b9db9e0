import type { TrialReport } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface ReportTables {
  serving_reports: {
    workspace: string;
    id: string;
    kind: string;
    endpoint: string | null;
    model_version_id: string | null;
    document: string;
    created_at: number;
  };
}

type ReportKind = TrialReport['kind'];

export interface TriedReport {
  readonly kind: TrialReport['kind'];
  readonly endpoint?: string;
  readonly modelVersionId?: string;
  readonly document: { readonly id: string; readonly at: number };
}

/** What was tried and measured; never changed, the newest counts. */
export async function insertReport(
  tx: SqlTransaction,
  workspace: string,
  report: TriedReport,
): Promise<void> {
  await tx
    .query<ReportTables>()
    .insertInto('serving_reports')
    .values({
      workspace,
      id: report.document.id,
      kind: report.kind,
      endpoint: report.endpoint ?? null,
      model_version_id: report.modelVersionId ?? null,
      document: JSON.stringify(report.document),
      created_at: report.document.at,
    })
    .execute();
}

export async function findLatestReport<T>(
  sql: SqlReader,
  workspace: string,
  kind: ReportKind,
  about: { endpoint?: string; modelVersionId?: string },
): Promise<T | undefined> {
  let query = sql
    .query<ReportTables>()
    .selectFrom('serving_reports')
    .select('document')
    .where('workspace', '=', workspace)
    .where('kind', '=', kind);
  if (about.endpoint !== undefined) query = query.where('endpoint', '=', about.endpoint);
  if (about.modelVersionId !== undefined) query = query.where('model_version_id', '=', about.modelVersionId);
  const row = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').executeTakeFirst();
  return row && (JSON.parse(row.document) as T);
}

/** Reports, newest first. */
export async function listReports(
  sql: SqlReader,
  workspace: string,
  filter: {
    kind?: ReportKind | undefined;
    endpoint?: string | undefined;
    modelVersionId?: string | undefined;
    /** Behind this one. */
    before?: readonly [at: number, id: string] | undefined;
    limit: number;
  },
): Promise<readonly TrialReport[]> {
  const { kind, endpoint, modelVersionId, before, limit } = filter;
  let query = sql
    .query<ReportTables>()
    .selectFrom('serving_reports')
    .select(['kind', 'document'])
    .where('workspace', '=', workspace);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  if (modelVersionId !== undefined) query = query.where('model_version_id', '=', modelVersionId);
  if (before !== undefined) {
    const [at, id] = before;
    query = query.where(({ eb, and, or }) =>
      or([eb('created_at', '<', at), and([eb('created_at', '=', at), eb('id', '<', id)])]),
    );
  }
  const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
  return rows.map((row) => ({ kind: row.kind, report: JSON.parse(row.document) }) as TrialReport);
}
