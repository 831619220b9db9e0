import type * as Cel from '@bufbuild/cel';
import type * as CelExtension from '@bufbuild/cel/ext';
import type { JsonValue } from '@esteira/contracts';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import { celVariables } from './cel-variables.ts';

type CelOutcome = { readonly value: Cel.CelValue } | { readonly error: string };
type Bindings = Readonly<Record<string, JsonValue>>;

export interface CelExpression {
  /** Names that the expression needs from outside. */
  readonly variables: ReadonlySet<string>;
  /** Never throws: an expression that cannot be evaluated gives the error. */
  evaluate(bindings: Bindings): CelOutcome;
}

const cel = loadWhenUsed<typeof Cel>('@bufbuild/cel');
const extension = loadWhenUsed<typeof CelExtension>('@bufbuild/cel/ext');
let environment: ReturnType<typeof Cel.celEnv> | undefined;

/** Compiles a CEL expression (cel.dev, with the string extension). Throws an Error with the place when it does not parse. */
export function compileCel(source: string): CelExpression {
  environment ??= cel().celEnv({ funcs: [...extension().strings] });
  const parsed = cel().parse(source);
  const evaluate = cel().plan(environment, parsed);
  return {
    variables: celVariables(parsed.expr),
    evaluate(bindings) {
      try {
        const value = evaluate(bindings as Readonly<Record<string, Cel.CelInput>>);
        return cel().isCelError(value) ? { error: value.message } : { value };
      } catch (error) {
        return { error: error instanceof Error ? error.message : 'it cannot be evaluated' };
      }
    },
  };
}

export interface CelTemplate {
  readonly variables: ReadonlySet<string>;
  /** Fills the places; what cannot be evaluated reads `unknown`. */
  render(bindings: Bindings): string;
}

/** Compiles a text with `{{ expression }}` places. Throws as `compileCel` does. */
export function compileTemplate(source: string): CelTemplate {
  const parts: (string | CelExpression)[] = [];
  const variables = new Set<string>();
  let end = 0;
  for (const match of source.matchAll(/\{\{(.+?)\}\}/g)) {
    const expression = compileCel((match[1] ?? '').trim());
    for (const name of expression.variables) variables.add(name);
    parts.push(source.slice(end, match.index), expression);
    end = match.index + match[0].length;
  }
  parts.push(source.slice(end));
  return {
    variables,
    render(bindings) {
      let text = '';
      for (const part of parts) {
        if (typeof part === 'string') {
          text += part;
          continue;
        }
        const outcome = part.evaluate(bindings);
        text += 'error' in outcome ? 'unknown' : celToText(outcome.value);
      }
      return text;
    },
  };
}

function celToText(value: Cel.CelValue): string {
  if (value === null) return 'unknown';
  if (typeof value === 'number') return numberToText(value);
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (cel().isCelList(value)) return [...value].map(celToText).join(', ') || 'nothing';
  if (cel().isCelMap(value)) return [...value.keys()].map(celToText).join(', ');
  return 'unknown';
}

function numberToText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
