import { type JsonValue, PipelineSpec } from '@esteira/contracts';
import type * as Yaml from 'yaml';
import type { z } from 'zod';
import { canonicalDigest } from '../governance/index.ts';
import { esteiraError } from '../kernel/errors.ts';
import { loadWhenUsed } from '../kernel/load-when-used.ts';
import { isNestedTooDeep } from '../kernel/nesting.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import { type ParsedPipeline, parametersOf, type SpecStep } from './pipeline.ts';
import { buildStepGraph } from './step-graph.ts';
import { type FoundReference, findReferences, type Path } from './template.ts';

const yaml = loadWhenUsed<typeof Yaml>('yaml');

interface Problem {
  readonly path: Path;
  readonly text: string;
}

/**
 * Reads a pipeline file and checks all of it: structure, names, references, cycles, and the inputs of each step as far as
 * they are known before a run. Throws PIPELINE_SPEC_INVALID with every problem and its line.
 */
export function parsePipeline(
  text: string,
  kinds: ReadonlyMap<string, StepKind>,
  name?: string,
): ParsedPipeline {
  const lines = new (yaml().LineCounter)();
  const document = yaml().parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw invalid(
      document.errors.map((error) => `line ${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`),
    );
  }
  const value = toValue(document);
  if (isNestedTooDeep(value)) throw invalid(['line 1: the file is nested too deep']);
  const checked = PipelineSpec.safeParse(value);
  const located = (problems: readonly Problem[]) =>
    problems.map((problem) => `line ${lineOf(document, lines, problem.path)}: ${problem.text}`);
  if (!checked.success) throw invalid(located(checked.error.issues.map(structureProblem)));
  const spec = checked.data;
  const problems = [
    ...nameProblems(spec, name),
    ...referenceProblems(spec, kinds),
    ...inputProblems(spec, kinds),
  ];
  if (problems.length > 0) throw invalid(located(problems));
  const built = buildStepGraph(needsOf(spec));
  if ('cycle' in built) {
    const [first = ''] = built.cycle;
    const path = ['steps', spec.steps.findIndex((step) => step.name === first)];
    throw invalid(
      located([
        { path, text: `steps need each other in a circle: ${[...built.cycle, first].join(' needs ')}` },
      ]),
    );
  }
  return {
    spec,
    digest: canonicalDigest(JSON.parse(JSON.stringify(spec)) as JsonValue),
    graph: built.graph,
    steps: new Map(spec.steps.map((step) => [step.name, step])),
  };
}

/** Reads a file that was checked when it was put; step kinds may have changed since, and are not asked. */
export function readStoredPipeline(text: string): ParsedPipeline {
  const spec = PipelineSpec.parse(toValue(yaml().parseDocument(text)));
  const built = buildStepGraph(needsOf(spec));
  if ('cycle' in built) throw new Error('A stored pipeline has a cycle.');
  return {
    spec,
    digest: canonicalDigest(JSON.parse(JSON.stringify(spec)) as JsonValue),
    graph: built.graph,
    steps: new Map(spec.steps.map((step) => [step.name, step])),
  };
}

function invalid(problems: readonly string[]): Error {
  const shown = problems.slice(0, 20);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  return esteiraError('PIPELINE_SPEC_INVALID', { problems: shown.join('\n') });
}

// Aliases may repeat a block; the bound keeps a small file from growing into a huge value.
/** Throws PIPELINE_SPEC_INVALID when few lines stand for a great many: an alias of lists of aliases. */
function toValue(document: Yaml.Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid([`line 1: ${error instanceof Error ? error.message : 'not YAML'}`]);
  }
}

function lineOf(document: Yaml.Document, lines: Yaml.LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (yaml().isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

const specKeys = Object.keys(PipelineSpec.shape);
const stepKeys = Object.keys(PipelineSpec.shape.steps.element.shape);
const cacheKeys = ['version', 'ignoredInputs', 'maxStaleness', 'refresh', 'off'];

function structureProblem(issue: z.core.$ZodIssue): Problem {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    const known = keysKnownAt(path);
    const [key = ''] = issue.keys;
    return {
      path: [...path, key],
      text: `"${key}" is not known here${known.length > 0 ? `; known are ${known.join(', ')}` : ''}`,
    };
  }
  return { path, text: `${path.join('.') || 'the file'}: ${issue.message}` };
}

function keysKnownAt(path: Path): readonly string[] {
  if (path.length === 0) return specKeys;
  if (path.at(-1) === 'cache') return cacheKeys;
  return path.length === 2 ? stepKeys : [];
}

function nameProblems(spec: PipelineSpec, name: string | undefined): readonly Problem[] {
  const problems: Problem[] = [];
  if (name !== undefined && name !== spec.name) {
    problems.push({ path: ['name'], text: `the file is of pipeline "${spec.name}", not "${name}"` });
  }
  const seen = new Set<string>();
  for (const [index, step] of spec.steps.entries()) {
    if (seen.has(step.name))
      problems.push({ path: ['steps', index, 'name'], text: `there are two steps named "${step.name}"` });
    seen.add(step.name);
  }
  return problems;
}

function referenceProblems(spec: PipelineSpec, kinds: ReadonlyMap<string, StepKind>): readonly Problem[] {
  const problems: Problem[] = [];
  const parameters = parametersOf(spec).map((parameter) => parameter.name);
  const steps = new Map(spec.steps.map((step) => [step.name, step]));
  for (const [index, step] of spec.steps.entries()) {
    for (const [position, need] of step.needs.entries()) {
      if (steps.has(need)) continue;
      problems.push({
        path: ['steps', index, 'needs', position],
        text: unknown('step', need, [...steps.keys()]),
      });
    }
    for (const found of referencesOf(step)) {
      const path = ['steps', index, ...found.path];
      const text = referenceProblem(found, step, parameters, steps, kinds);
      if (text !== undefined) problems.push({ path, text });
    }
    if (typeof step.when === 'string' && !/^\$\{\{[^}]*\}\}$/.test(step.when.trim())) {
      problems.push({ path: ['steps', index, 'when'], text: 'when is true, false or one reference' });
    }
  }
  return problems;
}

function referenceProblem(
  { reference, problem }: FoundReference,
  step: SpecStep,
  parameters: readonly string[],
  steps: ReadonlyMap<string, SpecStep>,
  kinds: ReadonlyMap<string, StepKind>,
): string | undefined {
  if (reference === undefined) return problem;
  if (reference.kind === 'parameter') {
    return parameters.includes(reference.name) ? undefined : unknown('parameter', reference.name, parameters);
  }
  if (reference.step === step.name) return `step "${step.name}" cannot use its own output`;
  const target = steps.get(reference.step);
  if (target === undefined) return unknown('step', reference.step, [...steps.keys()]);
  const outputs = kinds.get(target.uses)?.outputs;
  if (outputs === undefined || outputs.includes(reference.output)) return undefined;
  return unknown(`output of step "${target.name}"`, reference.output, outputs);
}

function inputProblems(spec: PipelineSpec, kinds: ReadonlyMap<string, StepKind>): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [index, step] of spec.steps.entries()) {
    const at = (...path: Path): Path => ['steps', index, ...path];
    const kind = kinds.get(step.uses);
    if (kind === undefined) {
      problems.push({ path: at('uses'), text: unknown('step kind', step.uses, [...kinds.keys()]) });
      continue;
    }
    const inputs = Object.keys(kind.with.shape);
    const others = kind.with.def.catchall;
    const takesOthers = others !== undefined && others._zod.def.type !== 'never';
    for (const key of Object.keys(step.with)) {
      if (!takesOthers && !inputs.includes(key))
        problems.push({ path: at('with', key), text: unknown(`input of ${kind.kind}`, key, inputs) });
    }
    for (const [position, key] of (step.cache.ignoredInputs ?? []).entries()) {
      if (!takesOthers && !inputs.includes(key)) {
        problems.push({
          path: at('cache', 'ignoredInputs', position),
          text: unknown(`input of ${kind.kind}`, key, inputs),
        });
      }
    }
    const open = findReferences(step.with).map((found) => found.path);
    const parsed = kind.with.safeParse(step.with);
    for (const issue of parsed.error?.issues ?? []) {
      const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
      // What depends on a reference is judged when the reference has a value.
      if (
        issue.code === 'unrecognized_keys' ||
        open.some((other) => startsWith(other, path) || startsWith(path, other))
      )
        continue;
      problems.push({
        path: at('with', ...path),
        text: `with.${path.join('.')} of step "${step.name}": ${issue.message}`,
      });
    }
  }
  return problems;
}

function needsOf(spec: PipelineSpec): ReadonlyMap<string, readonly string[]> {
  return new Map(
    spec.steps.map((step) => {
      const needs = new Set(step.needs);
      for (const { reference } of referencesOf(step))
        if (reference?.kind === 'output') needs.add(reference.step);
      return [step.name, [...needs]];
    }),
  );
}

function referencesOf(step: SpecStep): readonly FoundReference[] {
  const inWhen = typeof step.when === 'string' ? findReferences(step.when, ['when']) : [];
  return [...findReferences(step.with, ['with']), ...inWhen];
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((part, index) => path[index] === part);
}

function unknown(what: string, name: string, known: readonly string[]): string {
  return `"${name}" is not a known ${what}; ${known.length > 0 ? `known are ${known.slice(0, 50).join(', ')}` : 'there are none'}`;
}
