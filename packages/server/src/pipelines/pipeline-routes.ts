import { type JsonValue, pipelinesApi } from '@esteira/contracts';
import { z } from 'zod';
import { esteiraError } from '../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../kernel/paging.ts';
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
      const [after] = query.cursor === undefined ? [] : cursorKey(query.cursor, 1);
      const rows = await showPipelines(deps, workspace, {
        project: query.project,
        after: after === undefined ? undefined : String(after),
        limit: query.limit + 1,
      });
      return page(rows, query.limit, (last) => [last.name]);
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
      const after = query.cursor === undefined ? undefined : cursorKey(query.cursor, 2);
      const rows = await showPipelineRuns(deps, workspace, { ...query, after, limit: query.limit + 1 });
      return page(rows, query.limit, (last) => [last.createdAt, last.id]);
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

function cursorKey(cursor: string, length: number): readonly (string | number)[] {
  const key = decodeCursor(cursor);
  if (key?.length !== length) {
    throw esteiraError('INVALID_REQUEST', { problem: 'query.cursor: not a cursor of this list' });
  }
  return key;
}

function page<T>(rows: readonly T[], limit: number, keyOf: (last: T) => readonly (string | number)[]) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    ...(rows.length > limit && last !== undefined ? { nextCursor: encodeCursor(keyOf(last)) } : {}),
  };
}
