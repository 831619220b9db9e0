import type { DesiredEndpoint, DesiredPredictor } from '@esteira/contracts';

/** What a new endpoint serves: nothing yet. */
export function emptyEndpoint(limits: DesiredEndpoint['limits']): DesiredEndpoint {
  return { arms: [], shadow: null, standby: [], fallback: null, readAs: null, fault: null, limits };
}

/** The version with the primary arm; undefined for a rule or nothing. */
export function primaryVersion(desired: DesiredEndpoint): string | undefined {
  const primary = desired.arms.find((arm) => arm.role === 'primary');
  return primary?.predictor.kind === 'version' ? primary.predictor.modelVersionId : undefined;
}

/** All traffic to one predictor, nothing beside it. */
export function fullTraffic(desired: DesiredEndpoint, predictor: DesiredPredictor): DesiredEndpoint {
  return { ...desired, arms: [{ role: 'primary', weight: 1, predictor }], shadow: null, standby: [] };
}

/** A share of the traffic to a candidate, the rest where it was. */
export function withCanary(desired: DesiredEndpoint, modelVersionId: string, share: number): DesiredEndpoint {
  const primary = desired.arms.find((arm) => arm.role === 'primary');
  if (primary === undefined) return desired;
  return {
    ...desired,
    arms: [
      { ...primary, weight: 1 - share },
      { role: 'canary', weight: share, predictor: { kind: 'version', modelVersionId } },
    ],
    shadow: null,
    standby: [],
  };
}

/** Former traffic under the settings of now: they may have changed meanwhile, and are no rollout's to take back. */
export function withFormerTraffic(desired: DesiredEndpoint, former: DesiredEndpoint): DesiredEndpoint {
  const { arms, shadow, standby, fallback, readAs, fault } = former;
  return { ...desired, arms, shadow, standby, fallback, readAs, fault };
}

/** Every version that a model server must load. */
export function versionsOf(desired: DesiredEndpoint): string[] {
  const ids = [...desired.standby];
  for (const arm of desired.arms)
    if (arm.predictor.kind === 'version') ids.push(arm.predictor.modelVersionId);
  if (desired.shadow !== null) ids.push(desired.shadow.modelVersionId);
  if (desired.fallback?.kind === 'version') ids.push(desired.fallback.modelVersionId);
  if (desired.readAs !== null) ids.push(desired.readAs);
  return [...new Set(ids)];
}

/** Two states that a model server could not tell apart. */
export function sameDesired(a: DesiredEndpoint, b: DesiredEndpoint): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
