import type { RouteDefinition, RouteReply, RouteRequest } from '@esteira/contracts';
import type { RequestContext } from './actor.ts';

/** A route with the function that answers it. Rooms export lists of these and know nothing of the HTTP framework. */
export interface RouteBinding {
  readonly route: RouteDefinition;
  handle(request: unknown, context: RequestContext, signal: AbortSignal): Promise<unknown>;
}

/** Ties a handler to its route, with the types of the contract. */
export function bindRoute<T extends RouteDefinition>(
  route: T,
  handle: (request: RouteRequest<T>, context: RequestContext, signal: AbortSignal) => Promise<RouteReply<T>>,
): RouteBinding {
  return { route, handle: (request, context, signal) => handle(request as RouteRequest<T>, context, signal) };
}
