import { api, type RouteDefinition } from '@esteira/contracts';
import { createOpenApiDocument } from '../../packages/server/src/http/openapi.ts';
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

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** Names of what may be sent, as the OpenAPI document has them; a question mark where it need not be. */
function describeFields(route: RouteDefinition): string {
  const document = createOpenApiDocument([route], '') as { paths: Record<string, Record<string, Operation>> };
  const operation = Object.values(Object.values(document.paths)[0] ?? {})[0];
  const query = operation?.parameters.filter((parameter) => parameter.in === 'query') ?? [];
  const parts = [
    query.length === 0 ? '' : `query: ${query.map(({ name, required }) => field(name, required)).join(' ')}`,
    operation?.requestBody ? describeBody(operation.requestBody.content) : '',
  ];
  return parts.filter(Boolean).join('; ');
}

function describeBody(content: NonNullable<Operation['requestBody']>['content']): string {
  const schema = content['application/json']?.schema;
  if (!schema) return 'body: bytes';
  const names = Object.keys(schema.properties ?? {});
  if (names.length === 0) return 'body: see openapi.json';
  return `body: ${names.map((name) => field(name, schema.required?.includes(name) ?? false)).join(' ')}`;
}

function field(name: string, required: boolean): string {
  return code(required ? name : `${name}?`);
}
