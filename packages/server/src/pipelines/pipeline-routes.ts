import { type JsonValue, pipelinesApi } from '@esteira/contracts';
import { z } from 'zod';
import { pagesByKey, pagesByName } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import { planRun } from './pipeline-plan.ts';
import {
  showPipeline,
  showPipelineRun,
  showPipelineRuns,
  showPipelines,
  type ViewDeps,
} from './pipeline-run-views.ts';
import type { PipelineService } from './pipeline-service.ts';
import type { PreparationDeps } from './step-preparation.ts';

const pipelinePages = pagesByName('pipelines');
const runPages = pagesByKey(
  'pipeline-runs',
  ['number', 'string'],
  (run: { readonly createdAt: number; readonly id: string }) => [run.createdAt, run.id],
);

export function pipelineRoutes(
  deps: ViewDeps & PreparationDeps & { readonly service: PipelineService },
): readonly RouteBinding[] {
  const { service } = deps;
  return [
    bindRoute(pipelinesApi.put, async ({ params, body }, context) => {
      await service.put(context, params.name, body.spec);
      return showPipeline(deps, context.workspace, params.name);
    }),
    bindRoute(pipelinesApi.list, async ({ query }, { workspace }) => {
      const { project, cursor, limit } = query;
      const filter = { project, ...pipelinePages.after(cursor), limit: limit + 1 };
      return pipelinePages.of(await showPipelines(deps, workspace, filter), limit);
    }),
    bindRoute(pipelinesApi.get, ({ params }, { workspace }) => showPipeline(deps, workspace, params.name)),
    bindRoute(pipelinesApi.stepKinds, async () => ({
      items: [...deps.kinds.values()].map(({ kind, version, summary, cacheable, with: inputs }) => ({
        kind,
        version,
        summary,
        cacheable,
        with: z.toJSONSchema(inputs, { io: 'input', unrepresentable: 'any' }) as JsonValue,
      })),
    })),
    bindRoute(pipelinesApi.start, async ({ params, body }, context) => {
      const id = await service.start(context, { pipeline: params.name, ...body });
      return showPipelineRun(deps, context.workspace, id);
    }),
    bindRoute(pipelinesApi.plan, async ({ params, body }, context) => {
      const plan = await planRun(deps, context, { pipeline: params.name, ...body });
      return { ...plan, steps: plan.steps.map((step) => ({ ...step, changed: [...step.changed] })) };
    }),
    bindRoute(pipelinesApi.listRuns, async ({ query }, { workspace }) => {
      const after = runPages.keyBehind(query.cursor);
      const rows = await showPipelineRuns(deps, workspace, { ...query, after, limit: query.limit + 1 });
      return runPages.of(rows, query.limit);
    }),
    bindRoute(pipelinesApi.getRun, ({ params }, { workspace }) =>
      showPipelineRun(deps, workspace, params.id),
    ),
    bindRoute(pipelinesApi.cancel, async ({ params }, context) => {
      await service.cancel(context, params.id);
      return showPipelineRun(deps, context.workspace, params.id);
    }),
    bindRoute(pipelinesApi.resume, async ({ params }, context) => {
      await service.resume(context, params.id);
      return showPipelineRun(deps, context.workspace, params.id);
    }),
  ];
}
