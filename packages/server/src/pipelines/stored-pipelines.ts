import type { SqlReader } from '../storage/sql/sql-database.ts';
import { readStoredPipeline } from './parse-pipeline.ts';
import type { ParsedPipeline } from './pipeline.ts';
import type { PipelineRun } from './pipeline-run.ts';
import { specText } from './pipeline-store.ts';

/** Gives the parsed file a run was started with. */
export type LoadPipeline = (run: PipelineRun) => Promise<ParsedPipeline>;

const kept = 50;

/** Keeps the files read last: they are immutable under their digest, and asked for at the end of every step. */
export function createPipelineLoader(sql: SqlReader): LoadPipeline {
  const byDigest = new Map<string, ParsedPipeline>();
  return async (run) => {
    const known = byDigest.get(run.specDigest);
    if (known !== undefined) return known;
    const text = await specText(sql, run.workspace, run.pipeline, run.specVersion);
    if (text === undefined) throw new Error(`The file of pipeline run ${run.id} is missing.`);
    const parsed = readStoredPipeline(text);
    byDigest.set(run.specDigest, parsed);
    if (byDigest.size > kept) byDigest.delete(byDigest.keys().next().value ?? '');
    return parsed;
  };
}
