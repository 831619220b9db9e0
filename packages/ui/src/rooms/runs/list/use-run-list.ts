import { type RunListQuestion, runFieldText } from '@esteira/contracts';
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { callOperation, type ListItem } from '../../../api/answers.ts';
import { useSession } from '../../../api/session.tsx';
import { useAnswer } from '../../../api/use-answer.ts';
import { useNews } from '../../../api/use-news.ts';
import { keyColumns } from '../key-columns.ts';
import type { ColumnChoice } from './list-question.ts';
import { readRunField } from './run-field.ts';

export type ListedRun = ListItem<'tracking', 'searchRuns'>;

/** What narrows the list down; the same for searching, counting, grouping and watching. */
export interface RunScope {
  readonly project?: string;
  readonly experiment?: string;
  readonly status?: NonNullable<RunListQuestion['status']>;
  readonly filter?: string;
  readonly text?: string;
}

interface Page {
  readonly items: readonly ListedRun[];
  readonly nextCursor?: string | undefined;
}

const pageSize = 500;
/** Of the newest, with everything they have: enough to choose columns by, and to show at once. */
const sampleSize = 50;
/** Running runs that are watched; more than a screen shows. */
const mostWatched = 200;

/** The first runs of the list with all they have, and the columns that are worth showing of them. */
export function useRunSample(scope: RunScope, order: string) {
  const sample = useAnswer('tracking', 'searchRuns', {
    query: { ...scope, limit: sampleSize, ...(order ? { orderBy: order } : {}) },
  });
  const items = sample.data?.items;
  const columns = useMemo(
    () => (items === undefined ? undefined : usualColumns(items, scope.experiment === undefined)),
    [items, scope.experiment],
  );
  return { sample, columns };
}

function usualColumns(runs: readonly ListedRun[], ofAll: boolean): readonly ColumnChoice[] {
  const { metrics, params } = keyColumns(runs, { metrics: 5, params: 4 });
  return [
    { field: 'name', pinned: true },
    ...(ofAll ? [{ field: 'experiment' }] : []),
    { field: 'status' },
    { field: 'startedAt' },
    { field: 'duration' },
    ...metrics.map((name) => ({ field: runFieldText({ kind: 'metric', name }) })),
    ...params.map((name) => ({ field: runFieldText({ kind: 'param', name }) })),
  ];
}

/** The scope of a question in a project. */
export function scopeOf(question: RunListQuestion, project: string | undefined): RunScope {
  const { experiment, status, filter, text } = question;
  return {
    ...(project === undefined ? {} : { project }),
    ...(experiment === undefined ? {} : { experiment }),
    ...(status === undefined ? {} : { status }),
    ...(filter === undefined ? {} : { filter }),
    ...(text === undefined ? {} : { text }),
  };
}

/**
 * A list of runs that grows page by page as it is looked at, with what is shown of each run, and that news change where they
 * are: runs keep their places, new ones are put above the others where the list has the newest first, and told of otherwise.
 */
export function useRunList(scope: RunScope, order: string, columns: readonly ColumnChoice[]) {
  const { client } = useSession();
  const queries = useQueryClient();
  const entries = entryColumns(columns);
  const search = useMemo(
    () => ({ ...scope, columns: entries, ...(order ? { orderBy: order } : {}) }),
    [scope, entries, order],
  );
  const key = useMemo(() => ['tracking', 'searchRuns', search, 'list'] as const, [search]);
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const page = { ...search, limit: pageSize, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return await callOperation(client, 'tracking', 'searchRuns', { query: page }, signal);
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    // News come by themselves; asking every page again would move what is looked at.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const count = useAnswer('tracking', 'countRuns', { query: scope });
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);

  const [waiting, setWaiting] = useState({ key: '', runs: 0 });
  const listKey = JSON.stringify(search);
  const isNewestFirst = order === '';
  const marks = useRef(new Map<string, string>());
  const newest = useRef<{ readonly key: string; readonly at?: { startedAt: number; id: string } }>(undefined);

  const wait = useCallback(
    async (signal: AbortSignal) => {
      const read = async (change: object): Promise<readonly ListedRun[]> =>
        (await callOperation(client, 'tracking', 'searchRuns', { query: { ...search, ...change } }, signal))
          .items;
      const update = (change: (pages: readonly Page[]) => readonly Page[]): void => {
        queries.setQueryData<InfiniteData<Page, string | undefined>>(key, (data) =>
          data === undefined ? data : { ...data, pages: [...change(data.pages)] },
        );
      };
      const loaded = queries.getQueryData<InfiniteData<Page>>(key)?.pages.flatMap((page) => page.items) ?? [];
      if (newest.current?.key !== listKey) {
        const [first] = isNewestFirst
          ? loaded
          : await read({ orderBy: 'startedAt desc', limit: 1, columns: '' });
        newest.current = { key: listKey, at: first ? { startedAt: first.startedAt, id: first.id } : noRun };
      }
      const running = loaded.filter(({ status }) => status === 'running' || status === 'scheduled');
      const news = await callOperation(
        client,
        'tracking',
        'watchRuns',
        {
          body: {
            ...scopeOnly(search),
            runs: running.slice(0, mostWatched).map(({ id }) => {
              const mark = marks.current.get(id);
              return { id, ...(mark === undefined ? {} : { mark }) };
            }),
            ...(newest.current.at === undefined ? {} : { newest: newest.current.at }),
          },
        },
        signal,
      );
      if (news.changed.length > 0) {
        const ids = news.changed.map(({ id }) => `'${id}'`).join(', ');
        const { items: changed } = await callOperation(
          client,
          'tracking',
          'searchRuns',
          {
            query: {
              columns: entries,
              filter: `id in (${ids})`,
              limit: mostWatched,
              // Says again where the words stand.
              ...(search.text === undefined ? {} : { text: search.text }),
            },
          },
          signal,
        );
        const byId = new Map(changed.map((run) => [run.id, run]));
        update((pages) => pages.map((page) => withRuns(page, byId)));
        for (const { id, mark } of news.changed) marks.current.set(id, mark);
      }
      if (news.started > 0) {
        const started = await read({ orderBy: 'startedAt desc', limit: Math.min(1000, news.started + 5) });
        const [first] = started;
        if (first) newest.current = { key: listKey, at: { startedAt: first.startedAt, id: first.id } };
        if (isNewestFirst) update((pages) => withStarted(pages, started));
        else
          setWaiting((now) => ({ key: listKey, runs: (now.key === listKey ? now.runs : 0) + news.started }));
        await queries.invalidateQueries({ queryKey: ['tracking', 'countRuns'] });
      }
    },
    [client, queries, key, search, entries, listKey, isNewestFirst],
  );
  useNews(query.data === undefined ? undefined : wait);

  return {
    items,
    error: query.error,
    count: Math.max(count.data?.runs ?? 0, items?.length ?? 0),
    loadMore,
    /** Runs that have started and are not in the list, because it has another order. */
    started: waiting.key === listKey ? waiting.runs : 0,
    /** Reads the list again, from its beginning. */
    reload: () => {
      setWaiting({ key: '', runs: 0 });
      void queries.resetQueries({ queryKey: key });
    },
  };
}

/** Before every run: where there is none, the first is news. */
const noRun = { startedAt: 0, id: '' };

/** The columns to ask for; none of a kind where it is empty. */
function entryColumns(columns: readonly ColumnChoice[]): string {
  return columns
    .flatMap(({ field }) => {
      const known = readRunField(field);
      return known === undefined || known.kind === 'attribute' || known.kind === 'dataset'
        ? []
        : [`${known.kind}s.${known.name}`];
    })
    .join(',');
}

function scopeOnly({ project, experiment, status, filter, text }: RunScope): RunScope {
  return {
    ...(project === undefined ? {} : { project }),
    ...(experiment === undefined ? {} : { experiment }),
    ...(status === undefined ? {} : { status }),
    ...(filter === undefined ? {} : { filter }),
    ...(text === undefined ? {} : { text }),
  };
}

function withRuns(page: Page, changed: ReadonlyMap<string, ListedRun>): Page {
  if (!page.items.some(({ id }) => changed.has(id))) return page;
  return { ...page, items: page.items.map((run) => changed.get(run.id) ?? run) };
}

/** Runs that are not in the list yet, above the others. */
function withStarted(pages: readonly Page[], started: readonly ListedRun[]): readonly Page[] {
  const [first, ...rest] = pages;
  if (first === undefined) return pages;
  const known = new Set(pages.flatMap((page) => page.items.map(({ id }) => id)));
  const added = started.filter(({ id }) => !known.has(id));
  return [{ ...first, items: [...added, ...first.items] }, ...rest];
}
