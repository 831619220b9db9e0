import { type JsonValue, type LlmSpan, type LlmTrace, llmApi } from '@esteira/contracts';
import { pagesByKey } from '../../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import { plainAttributes, toMicroseconds } from './span.ts';
import { parseTraceFilter, parseTraceOrder } from './trace-filter.ts';
import type { SpanInTree, TraceHead, TracesService } from './traces-service.ts';

const spanPages = pagesByKey('spans', ['number'], (span: { readonly position: number }) => [span.position]);

export function tracesRoutes(traces: TracesService): readonly RouteBinding[] {
  return [
    bindRoute(llmApi.listTraces, async ({ query }, { workspace }) => {
      const { items, nextCursor } = await traces.search(workspace, {
        ...(query.experiment === undefined ? {} : { experiments: [query.experiment] }),
        conditions: query.filter === undefined ? [] : parseTraceFilter(query.filter),
        order: query.orderBy === undefined ? [] : [parseTraceOrder(query.orderBy)],
        limit: query.limit,
        cursor: query.cursor,
      });
      return { items: items.map(traceToWire), ...(nextCursor === undefined ? {} : { nextCursor }) };
    }),
    bindRoute(llmApi.getTrace, async ({ params }, { workspace }) =>
      traceToWire(await traces.head(workspace, params.id)),
    ),
    bindRoute(llmApi.deleteTrace, async ({ params }, context) => {
      const { experimentId } = await traces.head(context.workspace, params.id);
      await traces.delete(context, { experimentId, ids: [params.id] });
      return {};
    }),
    bindRoute(llmApi.listSpans, async ({ params, query }, { workspace }) => {
      const [behind] = spanPages.keyBehind(query.cursor) ?? [];
      const from = behind === undefined ? 0 : Math.max(0, Math.trunc(behind) + 1);
      const page = await traces.tree(workspace, params.id, { from, limit: query.limit + 1 });
      const placed = page.spans.map((span, index) => ({ position: from + index, span }));
      return { ...spanPages.of(placed, query.limit, ({ span }) => spanToWire(span)), total: page.total };
    }),
  ];
}

function traceToWire({ spansStored: _, tokens, assessments, ...trace }: TraceHead): LlmTrace {
  return {
    ...trace,
    ...(tokens === undefined ? {} : { tokens: { ...tokens } }),
    tags: { ...trace.tags },
    metadata: { ...trace.metadata },
    assessments: assessments.map(({ metadata, ...assessment }) => ({
      ...assessment,
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    })),
  };
}

function spanToWire({ span, type, depth }: SpanInTree): LlmSpan {
  return {
    id: span.id,
    ...(span.parentId === undefined ? {} : { parentId: span.parentId }),
    depth,
    name: span.name,
    ...(type === undefined ? {} : { type }),
    status: span.status,
    ...(span.statusMessage === undefined ? {} : { statusMessage: span.statusMessage }),
    startedAt: toMicroseconds(span.startedAt) / 1000,
    ...(span.endedAt === '0' ? {} : { endedAt: toMicroseconds(span.endedAt) / 1000 }),
    attributes: plainAttributes(span.attributes) as Record<string, JsonValue>,
    events: span.events.map(({ name, at, attributes }) => ({
      name,
      at: toMicroseconds(at) / 1000,
      attributes: plainAttributes(attributes) as Record<string, JsonValue>,
    })),
  };
}
