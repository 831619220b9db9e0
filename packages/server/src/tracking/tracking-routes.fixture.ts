import assert from 'node:assert/strict';
import type { RouteDefinition } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { ana, openTracking } from './tracking.fixture.ts';

type Parts = { params?: unknown; query?: unknown; body?: unknown };

/** Calls routes as the HTTP layer does: each part through its schema, the answer too. */
export async function openRoutes() {
  const fixture = await openTracking();
  async function call<R = Record<string, unknown>>(
    route: RouteDefinition,
    parts: Parts = {},
    context: RequestContext = ana,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<R> {
    const binding = fixture.tracking.routes.find((known) => known.route === route);
    assert.ok(binding, route.id);
    const request = {
      params: route.params?.parse(parts.params),
      query: route.query?.parse(parts.query ?? {}),
      body: route.body === 'stream' ? parts.body : route.body?.parse(parts.body),
    };
    const answer = await binding.handle(request, context, signal);
    if (route.response === 'stream') return answer as R;
    return JSON.parse(JSON.stringify(route.response.parse(answer))) as R;
  }
  return { ...fixture, call };
}
