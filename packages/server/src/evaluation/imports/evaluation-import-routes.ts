import { importsApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { EvaluationImports } from './evaluation-imports.ts';

/** What moves evaluation datasets and scorers of another tracker in. */
export function evaluationImportRoutes(imports: EvaluationImports): readonly RouteBinding[] {
  return [
    bindRoute(importsApi.evaluationDatasets, async ({ body }, context) => ({
      added: await imports.datasets(context, body.items),
    })),
    bindRoute(importsApi.evaluationRecords, async ({ body }, context) => ({
      added: await imports.records(context, body.items),
    })),
    bindRoute(importsApi.scorers, ({ body }, context) => imports.scorers(context, body.items)),
  ];
}
