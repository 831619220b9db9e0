import type { RunStatus } from '@esteira/contracts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { findExperiment } from './experiment-store.ts';
import { parseRunFilter } from './run-filter.ts';
import type { RunSearch } from './run-search.ts';

/** What narrows a search of runs down, in the words of the routes. */
interface SearchedRuns {
  /** Name of an experiment. */
  readonly experiment?: string | undefined;
  readonly project?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly parent?: string | undefined;
  readonly search?: string | undefined;
  readonly filter?: string | undefined;
  readonly deleted: 'only' | 'exclude';
}

/** Throws RUN_FILTER_INVALID. */
export async function toRunSearch(
  reader: SqlReader,
  workspace: string,
  query: SearchedRuns,
): Promise<Omit<RunSearch, 'orders' | 'limit' | 'cursor'>> {
  const { status, parent, search } = query;
  return {
    ...(await scopeOf(reader, workspace, query)),
    status,
    parent,
    search,
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
