import { api, type RouteDefinition } from '@esteira/contracts';
import { z } from 'zod';
import { code, markdownTable, pageHead } from './markdown.ts';

/** Every operation by room; the schemas themselves stand in openapi.json. */
export function apiPage(): string {
  const introduction = [
    'Every operation of the control plane. The typed client has the same shape: `client.datasets.list({ query: { limit: 10 } })`. Requests carry `Authorization: Bearer <token>`, or the session cookie with `x-esteira-csrf`. Lists take `limit` and `cursor` and answer `items` and `nextCursor`. Times are milliseconds since 1970. Schemas: [openapi.json](openapi.json); errors: [errors.md](errors.md). Sources: `packages/contracts/src/`.',
    'Predictions are asked of the data plane, by the Open Inference Protocol: `POST /v2/models/<endpoint>/infer` with an inference key.',
  ].join('\n\n');
  const rooms = Object.entries(api).map(([room, routes]) => describeRoom(room, Object.values(routes)));
  return [pageHead('API', introduction), ...rooms].join('\n');
}

function describeRoom(room: string, routes: readonly RouteDefinition[]): string {
  const rows = routes.map((route) => [
    code(`${route.method} ${route.path}`),
    code(route.id),
    code(route.access),
    describeFields(route),
    route.summary,
  ]);
  return `## ${room}\n\n${markdownTable(['request', 'operation', 'permission', 'query and body', 'what it does'], rows)}`;
}

/** Names of what may be sent; a question mark where it need not be. */
function describeFields({ query, body }: RouteDefinition): string {
  const parts = [fieldsOf('query', query), body === 'stream' ? 'body: bytes' : fieldsOf('body', body)];
  return parts.filter(Boolean).join('; ');
}

function fieldsOf(part: string, schema: z.ZodType | undefined): string {
  if (!schema) return '';
  const object = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const names = Object.keys(object.properties ?? {});
  if (names.length === 0) return `${part}: see openapi.json`;
  return `${part}: ${names.map((name) => code(object.required?.includes(name) ? name : `${name}?`)).join(' ')}`;
}
