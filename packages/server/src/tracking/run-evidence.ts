import type { EvidenceReader } from '../governance/index.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { isFinished } from './run.ts';
import { entriesOf } from './run-entry-store.ts';
import { findRunHead } from './run-store.ts';

/** Evidence `run`: how the training run behind a model version was made (code, environment, seeds, parameters). */
export function runEvidence(sql: SqlReader): EvidenceReader {
  return {
    name: 'run',
    async read(context, _subject, other) {
      const runId = stringField(await other('version'), 'runId');
      if (runId === undefined) return undefined;
      const run = await findRunHead(sql, context.workspace, runId);
      if (run === undefined || run.deletedAt !== undefined) return undefined;
      const params = (await entriesOf(sql, 'run_params', [runId])).get(runId) ?? {};
      return {
        id: run.id,
        startedAt: run.startedAt,
        status: run.status,
        finished: isFinished(run.status),
        params,
        codeCommit: run.source.codeCommit ?? null,
        // Code whose state was not recorded cannot be called clean.
        dirty: run.source.dirty ?? run.source.codeCommit === undefined,
        codeDiffRecorded: run.source.codeDiff !== undefined,
        environmentDigest: run.source.environmentDigest ?? null,
        seeds: run.source.seeds ?? {},
      };
    },
  };
}

function stringField(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const field: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return typeof field === 'string' ? field : undefined;
}
