import type { RouteDefinition } from '@esteira/contracts';
import { z } from 'zod';

/** Builds the OpenAPI 3.1 description of the routes; schemas come from the contracts. */
export function createOpenApiDocument(
  routes: readonly RouteDefinition[],
  version: string,
): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Esteira', version },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic' },
      },
    },
    security: [{ bearer: [] }, { basic: [] }],
    paths,
  };
}

function describeOperation(route: RouteDefinition): Record<string, unknown> {
  return {
    operationId: route.id,
    tags: [route.id.split('.')[0]],
    summary: route.summary,
    'x-access': route.access,
    ...(route.access === 'open' ? { security: [] } : {}),
    parameters: [...describeParameters(route.params, 'path'), ...describeParameters(route.query, 'query')],
    ...(route.body ? { requestBody: { required: true, content: describeContent(route.body, 'input') } } : {}),
    responses: {
      [route.status ?? 200]: { description: 'Success', content: describeContent(route.response, 'output') },
      default: { description: 'An entry of the error table', content: { 'application/problem+json': {} } },
    },
  };
}

function describeParameters(
  schema: z.ZodObject | undefined,
  place: 'path' | 'query',
): Record<string, unknown>[] {
  if (!schema) return [];
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
    schema: toJsonSchema(field as z.ZodType, 'input'),
  }));
}

function describeContent(
  schema: z.ZodType | 'stream',
  direction: 'input' | 'output',
): Record<string, unknown> {
  if (schema === 'stream')
    return { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
  return { 'application/json': { schema: toJsonSchema(schema, direction) } };
}

function toJsonSchema(schema: z.ZodType, direction: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, { io: direction, unrepresentable: 'any' });
}
