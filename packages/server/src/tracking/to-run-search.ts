import type { RunStatus } from '@esteira/contracts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { findExperiment } from './experiment-store.ts';
import { parseRunFilter } from './run-filter.ts';
import type { RunSearch } from './run-search.ts';
import type { RunTexts } from './text-search/run-texts.ts';

/** What narrows a search of runs down, in the words of the routes. */
interface SearchedRuns {
  /** Name of an experiment. */
  readonly experiment?: string | undefined;
  readonly project?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly parent?: string | undefined;
  readonly text?: string | undefined;
  readonly filter?: string | undefined;
  readonly deleted: 'only' | 'exclude';
}

/** Throws RUN_FILTER_INVALID. */
export async function toRunSearch(
  { sql: reader, texts }: { readonly sql: SqlReader; readonly texts: RunTexts },
  workspace: string,
  query: SearchedRuns,
): Promise<Omit<RunSearch, 'orders' | 'limit' | 'cursor'>> {
  const { status, parent, text } = query;
  if (text !== undefined) await texts.settle();
  return {
    ...(await scopeOf(reader, workspace, query)),
    status,
    parent,
    text,
    conditions: query.filter === undefined ? [] : parseRunFilter(query.filter),
    lifecycle: query.deleted === 'only' ? 'deleted' : 'active',
  };
}

/** The runs of an experiment, and of a project; those of the whole workspace where neither is named. */
export async function scopeOf(
  reader: SqlReader,
  workspace: string,
  { experiment: name, project }: Pick<SearchedRuns, 'experiment' | 'project'>,
): Promise<Pick<RunSearch, 'experiments' | 'project'>> {
  if (name === undefined) return { project };
  const experiment = await findExperiment(reader, workspace, { name });
  return { experiments: experiment === undefined ? [] : [experiment], project };
}
