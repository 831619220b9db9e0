import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { api, type RouteDefinition } from '@esteira/contracts';
import { createOpenApiDocument } from '../../packages/server/src/http/openapi.ts';

/** The OpenAPI 3.1 description of every route, with the version of the server. */
export function openApiDocument(root: string): string {
  const routes = Object.values(api).flatMap((room) => Object.values(room as Record<string, RouteDefinition>));
  const { version } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8')) as {
    version: string;
  };
  return `${unfold(createOpenApiDocument(routes, version), 3)}\n`;
}

/** JSON unfolded to a depth and in one line below it: a change of one operation is a change of one line. */
function unfold(value: unknown, depth: number, indent = ''): string {
  if (depth === 0 || typeof value !== 'object' || value === null || Array.isArray(value))
    return JSON.stringify(value);
  const inner = `${indent} `;
  const lines = Object.entries(value).map(
    ([key, entry]) => `${inner}${JSON.stringify(key)}: ${unfold(entry, depth - 1, inner)}`,
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
}
