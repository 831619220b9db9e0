import type { JsonValue } from '@esteira/contracts';

/** What `${{ … }}` points to. */
export type TemplateReference =
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'output'; readonly step: string; readonly output: string };

export type Path = readonly (string | number)[];

/** A reference with the place where it stands, or what is wrong with one. */
export interface FoundReference {
  readonly path: Path;
  readonly reference?: TemplateReference;
  readonly problem?: string;
}

const opening = '${{';

/** Every reference inside a value, at any depth. */
export function findReferences(value: JsonValue, path: Path = []): readonly FoundReference[] {
  if (typeof value === 'string') {
    return splitTemplate(value).flatMap((part): readonly FoundReference[] => {
      if (typeof part === 'string') return [];
      return 'problem' in part ? [{ path, problem: part.problem }] : [{ path, reference: part }];
    });
  }
  if (typeof value !== 'object' || value === null) return [];
  if (isList(value)) return value.flatMap((item, index) => findReferences(item, [...path, index]));
  return Object.entries(value).flatMap(([key, item]) => findReferences(item, [...path, key]));
}

/**
 * Puts values in the place of references. A text that is one reference becomes the value itself, of whatever type; inside
 * a longer text only texts, numbers and booleans can stand. `lookUp` throws for what it does not know.
 */
export function resolveReferences(
  value: JsonValue,
  lookUp: (reference: TemplateReference) => JsonValue,
): JsonValue {
  if (typeof value === 'string') return resolveText(value, lookUp);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((item) => resolveReferences(item, lookUp));
  const resolved: Record<string, JsonValue> = {};
  for (const [key, item] of Object.entries(value)) resolved[key] = resolveReferences(item, lookUp);
  return resolved;
}

/** How a reference is written. */
export function referenceText(reference: TemplateReference): string {
  return reference.kind === 'parameter'
    ? `parameters.${reference.name}`
    : `steps.${reference.step}.outputs.${reference.output}`;
}

function resolveText(text: string, lookUp: (reference: TemplateReference) => JsonValue): JsonValue {
  const parts = splitTemplate(text);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string' && !('problem' in only))
    return lookUp(only);
  let resolved = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      resolved += part;
      continue;
    }
    if ('problem' in part) throw new Error(part.problem);
    const value = lookUp(part);
    if (typeof value === 'object') {
      throw new Error(
        `${referenceText(part)} is not a text, number or boolean and cannot stand inside "${text}"`,
      );
    }
    resolved += String(value);
  }
  return resolved;
}

function splitTemplate(text: string): readonly (string | TemplateReference | { readonly problem: string })[] {
  const parts: (string | TemplateReference | { readonly problem: string })[] = [];
  let position = 0;
  while (position < text.length) {
    const start = text.indexOf(opening, position);
    if (start < 0) {
      parts.push(text.slice(position));
      break;
    }
    if (start > position) parts.push(text.slice(position, start));
    const end = text.indexOf('}}', start);
    if (end < 0) {
      parts.push({ problem: `"${text.slice(start)}" is not closed by }}` });
      break;
    }
    parts.push(parseExpression(text.slice(start + opening.length, end).trim()));
    position = end + 2;
  }
  return parts;
}

function parseExpression(expression: string): TemplateReference | { readonly problem: string } {
  const parameter = /^parameters\.([\w-]+)$/.exec(expression)?.[1];
  if (parameter !== undefined) return { kind: 'parameter', name: parameter };
  const [, step, output] = /^steps\.([\w-]+)\.outputs\.([\w-]+)$/.exec(expression) ?? [];
  if (step !== undefined && output !== undefined) return { kind: 'output', step, output };
  return { problem: `"${expression}" is neither parameters.NAME nor steps.NAME.outputs.NAME` };
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
