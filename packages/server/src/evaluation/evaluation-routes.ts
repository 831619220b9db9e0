import { evaluationApi } from '@esteira/contracts';
import { esteiraError } from '../kernel/errors.ts';
import { pagesById } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { EvaluationService } from './evaluation-service.ts';

const pages = pagesById('evaluations');

export function createEvaluationRoutes(evaluation: EvaluationService): readonly RouteBinding[] {
  return [
    bindRoute(evaluationApi.evaluations, async ({ query }, context) => {
      const { project, cursor, limit } = query;
      const filter = { project, ...pages.before(cursor), limit: limit + 1 };
      return pages.of(await evaluation.list(context.workspace, filter), limit);
    }),
    bindRoute(evaluationApi.evaluation, async ({ params }, context) => {
      const found = await evaluation.find(context.workspace, params.id);
      if (!found) throw esteiraError('EVALUATION_NOT_FOUND', { id: params.id });
      return found;
    }),
  ];
}
