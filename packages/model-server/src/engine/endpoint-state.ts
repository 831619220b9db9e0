import {
  type BundleRef,
  columnsOfRule,
  type ModelSignature,
  type RulePredictor,
  type ServedEndpoint,
} from '@esteira/contracts/data-plane';
import { type AnswerCache, createAnswerCache } from './answer-cache.ts';
import type { EndpointCounters } from './endpoint-counters.ts';
import type { ModelRunner } from './model-runner.ts';
import type { StepTime } from './step-times.ts';

/** Who answers, loaded and ready. */
export type Predictor =
  | {
      readonly kind: 'version';
      readonly bundle: BundleRef;
      readonly signature: ModelSignature;
      readonly runner: ModelRunner;
    }
  | { readonly kind: 'rule'; readonly rule: RulePredictor };

export interface Arm {
  readonly role: 'primary' | 'canary';
  readonly weight: number;
  readonly predictor: Predictor;
}

/** One endpoint as it is served now: replaced as a whole, never changed. */
export interface EndpointState {
  readonly document: ServedEndpoint;
  readonly arms: readonly Arm[];
  readonly shadow: { readonly predictor: Predictor; readonly share: number } | undefined;
  readonly fallback: Predictor | undefined;
  /** How requests are read where the arm has no signature of its own: the primary's, or that of `readAs`. */
  readonly reading: { readonly modelVersionId: string; readonly signature: ModelSignature } | undefined;
  /** Names that some arm, shadow or fallback knows. */
  readonly knownColumns: ReadonlySet<string>;
  /** The rows of one request may go to different arms: all give the same outputs. */
  readonly splittable: boolean;
  readonly counters: EndpointCounters;
  /** Of this state alone: the next one begins without answers. */
  readonly cache: AnswerCache | undefined;
}

/** Puts the loaded predictors of an endpoint together. The primary arm comes first. */
export function createEndpointState(
  document: ServedEndpoint,
  loaded: {
    readonly arms: readonly Arm[];
    readonly shadow: EndpointState['shadow'];
    readonly fallback: Predictor | undefined;
  },
  counters: EndpointCounters,
): EndpointState {
  const arms = [...loaded.arms].sort((a, b) => Number(a.role === 'canary') - Number(b.role === 'canary'));
  const predictors = [...arms.map((arm) => arm.predictor), loaded.shadow?.predictor, loaded.fallback];
  const versions = predictors.filter((predictor) => predictor?.kind === 'version');
  const reading =
    arms
      .map((arm) => (arm.predictor.kind === 'version' ? readingOf(arm.predictor) : undefined))
      .find(Boolean) ??
    document.readAs ??
    undefined;
  const knownColumns = new Set(reading?.signature.features.map((feature) => feature.name));
  for (const predictor of predictors) {
    if (predictor?.kind === 'version') {
      for (const feature of predictor.signature.features) knownColumns.add(feature.name);
      for (const input of predictor.signature.inputs) knownColumns.add(input.name);
    }
    if (predictor?.kind === 'rule')
      for (const column of columnsOfRule(predictor.rule)) knownColumns.add(column);
  }
  const shapes = new Set(
    versions
      .filter(
        ({ bundle, signature }) =>
          signature.rule === undefined || bundle.modelVersionId === reading?.modelVersionId,
      )
      .map(({ signature }) => outputShape(signature)),
  );
  const cache = document.cache && createAnswerCache(document.cache, () => performance.now());
  return { document, ...loaded, arms, reading, knownColumns, splittable: shapes.size <= 1, counters, cache };
}

/** Over the models of an endpoint. */
export function sumOfRunners(state: EndpointState, read: (runner: ModelRunner) => number): number {
  return versionsOf(state).reduce((sum, { runner }) => sum + read(runner), 0);
}

/** The versions that answer for an endpoint, in whatever role. */
function versionsOf({
  arms,
  shadow,
  fallback,
}: EndpointState): readonly Extract<Predictor, { kind: 'version' }>[] {
  const predictors = [...arms.map((arm) => arm.predictor), shadow?.predictor, fallback];
  return predictors.filter((predictor) => predictor?.kind === 'version');
}

/** What the steps of its pipeline models took; a model in two roles is told once. */
export function stepTimesOf(state: EndpointState): readonly (StepTime & { readonly bundle: BundleRef })[] {
  const name = state.document.name;
  const versions = new Map(versionsOf(state).map((version) => [version.runner, version]));
  return [...versions.values()].flatMap(({ bundle, runner }) =>
    (runner.stepTimes?.(name) ?? []).map((time) => ({ ...time, bundle })),
  );
}

/** The name of a predictor in logs and counters. */
export function predictorName(predictor: Predictor): string {
  return predictor.kind === 'rule' ? 'rule' : predictor.bundle.modelVersionId;
}

/** Its version on the wire; a rule has none. */
export function predictorVersion(predictor: Predictor): string | undefined {
  return predictor.kind === 'rule' ? undefined : String(predictor.bundle.version);
}

/** How a version reads a request; a rule reads as its endpoint does. */
export function readingOf({
  bundle,
  signature,
}: Extract<Predictor, { kind: 'version' }>): NonNullable<EndpointState['reading']> {
  return { modelVersionId: bundle.modelVersionId, signature };
}

function outputShape(signature: ModelSignature): string {
  return JSON.stringify(signature.outputs);
}
