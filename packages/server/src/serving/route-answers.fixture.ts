import type { Server } from 'node:http';
import type { RouteDefinition } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { EsteiraError } from '../kernel/errors.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';

/** Answers the routes over HTTP, as the one of `context`, for whoever has the token: what a model server needs of a control plane. */
export function answerRoutes(
  http: Server,
  routes: readonly RouteBinding[],
  { token, context }: { readonly token: string; readonly context: RequestContext },
): void {
  http.removeAllListeners('request');
  http.on('request', async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const aborting = new AbortController();
    response.on('close', () => aborting.abort());
    try {
      if (request.headers.authorization !== `Bearer ${token}`) throw new Error('No token.');
      for (const { route, handle } of routes) {
        const params = route.method === request.method ? matchPath(route.path, url.pathname) : undefined;
        if (params === undefined) continue;
        const body = route.body === 'stream' ? request : await readJson(request);
        const answer = await handle(
          parseRequest(route, { params, query: Object.fromEntries(url.searchParams), body }),
          context,
          aborting.signal,
        );
        if (route.response !== 'stream')
          response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
        else
          for await (const chunk of (answer as { bytes: AsyncIterable<Uint8Array> }).bytes)
            response.write(chunk);
        return void response.end();
      }
      response.writeHead(404).end();
    } catch (error) {
      if (!response.headersSent) response.writeHead(error instanceof EsteiraError ? error.status : 500);
      response.end(String(error));
    }
  });
}

/** What a route's handler is given, checked as its definition says. */
export function parseRequest(
  route: RouteDefinition,
  request: { params?: unknown; query?: unknown; body?: unknown },
): unknown {
  return {
    params: route.params?.parse(request.params),
    query: route.query?.parse(request.query ?? {}),
    body: route.body === undefined || route.body === 'stream' ? request.body : route.body.parse(request.body),
  };
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [position, part] of wanted.entries()) {
    const value = decodeURIComponent(given[position] ?? '');
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

async function readJson(request: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
