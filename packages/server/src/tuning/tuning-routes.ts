import { tuningApi } from '@esteira/contracts';
import { pagesById } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { TuningService } from './tuning-service.ts';

const pages = pagesById('studies');

export function createTuningRoutes(tuning: TuningService): readonly RouteBinding[] {
  return [
    bindRoute(tuningApi.createStudy, ({ body }, context) => tuning.createStudy(context, body)),
    bindRoute(tuningApi.studies, async ({ query }, context) => {
      const { project, cursor, limit } = query;
      const filter = { project, ...pages.before(cursor), limit: limit + 1 };
      return pages.of(await tuning.list(context.workspace, filter), limit);
    }),
    bindRoute(tuningApi.study, async ({ params }, context) => {
      const { study, trials, best } = await tuning.get(context.workspace, params.id);
      return { ...study, trials: [...trials], best: best ?? null };
    }),
    bindRoute(tuningApi.askTrial, ({ params }, context) => tuning.ask(context, params.id)),
    bindRoute(tuningApi.tellTrial, ({ params, body }, context) =>
      tuning.tell(context, params.id, params.number, body),
    ),
  ];
}
