import type { JsonValue, StepStatus } from '@esteira/contracts';
import { findRemoved, idsIn } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { type CacheParts, cacheKey, cacheParts, referencesIn } from './cache-key.ts';
import type { SpecStep } from './pipeline.ts';
import { type CachedResult, findCachedResult } from './step-cache-store.ts';
import { findReferences, referenceText, resolveReferences, type TemplateReference } from './template.ts';

/** What becomes of a step all of whose needs have ended. */
export type Preparation =
  | { readonly verdict: 'skip'; readonly reason: string }
  | { readonly verdict: 'fail'; readonly error: EsteiraError }
  | {
      readonly verdict: 'run';
      readonly inputs: JsonValue;
      /** Why no earlier result is used. */
      readonly reason: string;
      /** Absent when the result is not to be kept. */
      readonly cache?: { readonly key: string; readonly parts: CacheParts };
    }
  | {
      readonly verdict: 'hit';
      readonly inputs: JsonValue;
      readonly reason: string;
      readonly cache: { readonly key: string; readonly parts: CacheParts };
      readonly result: CachedResult;
    };

/** What a step that has ended left to its dependants. */
export interface StepResult {
  readonly status: StepStatus;
  readonly outputs: Readonly<Record<string, JsonValue>>;
}

export interface PreparationDeps {
  readonly sql: SqlReader;
  readonly clock: Clock;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly environmentDigest: string;
}

/** Resolves the inputs of a step, and looks for an earlier result before any job exists. */
export async function prepareStep(
  deps: PreparationDeps,
  context: RequestContext,
  run: {
    readonly project: string;
    readonly parameters: Readonly<Record<string, JsonValue>>;
    readonly refresh: boolean;
  },
  step: SpecStep,
  resultOf: (step: string) => StepResult | undefined,
): Promise<Preparation> {
  const skipped = skippedNeed(step, resultOf);
  if (skipped !== undefined)
    return { verdict: 'skip', reason: `step "${skipped}", whose output it uses, was skipped` };
  try {
    const lookUp = (reference: TemplateReference) => referencedValue(reference, run.parameters, resultOf);
    const when =
      typeof step.when === 'string' ? resolveReferences(step.when.trim(), lookUp) : (step.when ?? true);
    if (typeof when !== 'boolean') throw new Error('when is neither true nor false');
    if (!when) return { verdict: 'skip', reason: 'its condition is false' };
    const inputs = resolveReferences(step.with, lookUp);
    const kind = deps.kinds.get(step.uses);
    if (kind === undefined) throw new Error(`this server has no step kind ${step.uses}`);
    return await prepareInputs(deps, context, run, { step, kind, inputs });
  } catch (error) {
    if (error instanceof EsteiraError) return { verdict: 'fail', error };
    const problem = error instanceof Error ? error.message : String(error);
    return { verdict: 'fail', error: inputError(step, problem, error) };
  }
}

async function prepareInputs(
  deps: PreparationDeps,
  context: RequestContext,
  run: { readonly project: string; readonly refresh: boolean },
  resolved: { readonly step: SpecStep; readonly kind: StepKind; readonly inputs: JsonValue },
): Promise<Preparation> {
  const { step, kind, inputs } = resolved;
  const checked = kind.with.safeParse(inputs);
  if (!checked.success) {
    const issues = checked.error.issues
      .slice(0, 5)
      .map((issue) => `with.${issue.path.join('.')}: ${issue.message}`);
    throw inputError(step, issues.join('; '), checked.error);
  }
  const options = step.cache;
  if (!kind.cacheable) return { verdict: 'run', inputs, reason: 'steps of this kind run every time' };
  if (options.off) return { verdict: 'run', inputs, reason: 'the cache is off for this step' };
  const values = JSON.parse(JSON.stringify(checked.data)) as Record<string, JsonValue>;
  const unversioned = referencesIn(values).find(({ reference }) => reference.digest === '');
  if (unversioned !== undefined) {
    return { verdict: 'run', inputs, reason: `its input ${unversioned.path} carries no digest` };
  }
  const external = (await kind.externalState?.(context, checked.data)) ?? null;
  const { environmentDigest } = deps;
  const parts = cacheParts({
    kind,
    project: run.project,
    with: values,
    external,
    environmentDigest,
    options,
  });
  const cache = { key: cacheKey(parts), parts };
  if (run.refresh || options.refresh)
    return { verdict: 'run', inputs, reason: 'a refresh was asked for', cache };
  const result = await findCachedResult(deps.sql, context.workspace, cache.key);
  if (result === undefined)
    return { verdict: 'run', inputs, reason: 'there is no earlier result with these inputs', cache };
  const gone = await findRemoved(deps.sql, [...idsIn(JSON.stringify(result.outputs))]);
  if (gone.length > 0)
    return { verdict: 'run', inputs, reason: `what the earlier result made, ${gone[0]}, was removed`, cache };
  const age = deps.clock.now() - result.createdAt;
  if (options.maxStaleness !== undefined && age > (parseDuration(options.maxStaleness) ?? 0)) {
    return {
      verdict: 'run',
      inputs,
      reason: `the earlier result is older than ${options.maxStaleness}`,
      cache,
    };
  }
  return {
    verdict: 'hit',
    inputs,
    reason: `step "${result.step}" of run ${result.pipelineRunId} had the same inputs`,
    cache,
    result,
  };
}

function skippedNeed(step: SpecStep, resultOf: (step: string) => StepResult | undefined): string | undefined {
  for (const { reference } of [...findReferences(step.with), ...findReferences(step.when ?? null)]) {
    if (reference?.kind === 'output' && resultOf(reference.step)?.status === 'skipped') return reference.step;
  }
  return undefined;
}

function referencedValue(
  reference: TemplateReference,
  parameters: Readonly<Record<string, JsonValue>>,
  resultOf: (step: string) => StepResult | undefined,
): JsonValue {
  const text = referenceText(reference);
  if (reference.kind === 'parameter') {
    const value = parameters[reference.name];
    if (value === undefined) throw new Error(`${text} has no value`);
    return value;
  }
  const outputs = resultOf(reference.step)?.outputs ?? {};
  const value = outputs[reference.output];
  if (value !== undefined) return value;
  const known = Object.keys(outputs);
  throw new Error(
    `${text} does not exist; step "${reference.step}" gave ${known.length > 0 ? known.join(', ') : 'nothing'}`,
  );
}

function inputError(step: SpecStep, problem: string, cause: unknown): EsteiraError {
  return esteiraError('STEP_INPUT_INVALID', { step: step.name, kind: step.uses, problem }, cause);
}
