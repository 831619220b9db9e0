import { runCommentsApi, runListsApi, savedViewsApi } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { RunComments } from '../comments/run-comments.ts';
import { metricToWire } from '../metric-value.ts';
import { parseRunField } from '../run-filter.ts';
import type { SavedViews } from '../saved-views/saved-views.ts';
import type { RunTexts } from '../text-search/run-texts.ts';
import { scopeOf, toRunSearch } from '../to-run-search.ts';
import { groupRuns } from './run-groups.ts';
import type { RunVocabulary } from './run-names.ts';
import { watchRuns } from './watch-runs.ts';

const mostMeasured = 20;

/** Routes of what lists of runs are made with, of saved views, and of comments. */
export function runListRoutes(deps: {
  readonly sql: SqlReader;
  readonly texts: RunTexts;
  readonly vocabulary: RunVocabulary;
  readonly comments: RunComments;
  readonly savedViews: SavedViews;
}): readonly RouteBinding[] {
  const { sql, vocabulary, comments, savedViews } = deps;
  return [
    bindRoute(runListsApi.runNames, async ({ query }, { workspace }) =>
      vocabulary.names(workspace, await scopeOf(sql, workspace, query)),
    ),
    bindRoute(runListsApi.runValues, async ({ query }, { workspace }) => {
      const scope = await scopeOf(sql, workspace, query);
      const values = await vocabulary.values(workspace, scope, parseRunField(query.field), query.prefix);
      return { values: [...values] };
    }),
    bindRoute(runListsApi.groupRuns, async ({ query }, { workspace }) => {
      const { groups, total } = await groupRuns(sql, workspace, await toRunSearch(deps, workspace, query), {
        by: parseRunField(query.by),
        metrics: metricNames(query.metrics),
        limit: query.limit,
      });
      return {
        total,
        groups: groups.map(({ value, runs, metrics }) => ({
          value,
          runs,
          metrics: Object.fromEntries(
            [...metrics].map(([name, { mean, min, max, runs: measured }]) => [
              name,
              {
                mean: metricToWire(mean),
                min: metricToWire(min),
                max: metricToWire(max),
                runs: measured,
              },
            ]),
          ),
        })),
      };
    }),
    bindRoute(runListsApi.watchRuns, async ({ body }, { workspace }, signal) => {
      const { runs, newest } = body;
      const search = await toRunSearch(deps, workspace, body);
      const news = await watchRuns(sql, workspace, { runs, newest, search }, signal);
      return { changed: [...news.changed], started: news.started };
    }),

    bindRoute(savedViewsApi.listSavedViews, ({ query }, context) => savedViews.list(context, query)),
    bindRoute(savedViewsApi.saveView, ({ body }, context) => savedViews.save(context, body)),
    bindRoute(savedViewsApi.updateSavedView, ({ params, body }, context) =>
      savedViews.update(context, params.id, body),
    ),
    bindRoute(savedViewsApi.deleteSavedView, async ({ params }, context) => {
      await savedViews.remove(context, params.id);
      return {};
    }),

    bindRoute(runCommentsApi.listComments, ({ params, query }, context) =>
      comments.list(context, params.id, query),
    ),
    bindRoute(runCommentsApi.addComment, ({ params, body }, context) =>
      comments.add(context, params.id, body.text),
    ),
    bindRoute(runCommentsApi.editComment, ({ params, body }, context) =>
      comments.edit(context, params.id, body.text),
    ),
    bindRoute(runCommentsApi.deleteComment, async ({ params }, context) => {
      await comments.remove(context, params.id);
      return {};
    }),
  ];
}

function metricNames(text: string | undefined): readonly string[] {
  if (text === undefined || text.trim() === '') return [];
  const names = text.split(',').map((part) => {
    const field = parseRunField(part);
    if (field.kind === 'metric') return field.name;
    throw esteiraError('RUN_FILTER_INVALID', {
      problem: `"${part.trim()}" is not a metric like metrics.auc`,
    });
  });
  if (names.length > mostMeasured)
    throw esteiraError('RUN_FILTER_INVALID', {
      problem: `at most ${mostMeasured} metrics are measured at once`,
    });
  return names;
}
