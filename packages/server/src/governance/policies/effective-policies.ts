import type { PolicyOverlay, PolicyRule, Stage } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { canonicalDigest } from '../canonical-digest.ts';
import { type CompiledRule, compileRule } from './judge-rule.ts';
import type { PolicyPack } from './policy-pack.ts';

/** The rules in force in a workspace: the default pack under its overlay. */
export interface EffectivePolicies {
  /** `default@1`, with `+3` for the third overlay of the workspace. */
  readonly policy: string;
  /** Changes with every rule, number and stage; judgements and consent name it. */
  readonly digest: string;
  readonly approvals: Readonly<Record<Stage, number>>;
  readonly rules: readonly EffectiveRule[];
}

interface EffectiveRule {
  readonly rule: PolicyRule;
  readonly source: 'default' | 'workspace';
  readonly disabledStages: readonly Stage[];
  readonly compiled: CompiledRule;
}

export const emptyOverlay: PolicyOverlay = { rules: [], tightened: [], disabled: [], approvals: {} };

/**
 * Lays an overlay over a pack. Throws POLICY_INVALID when a rule cannot be used, POLICY_WEAKENED when the overlay would
 * replace or loosen a default rule, disable one in production, or ask for fewer approvals.
 */
export function effectivePolicies(
  pack: PolicyPack,
  overlay: PolicyOverlay,
  version: number,
): EffectivePolicies {
  const rules = [...pack.rules.map((rule) => inForce(rule, 'default', overlay))];
  const known = new Set(pack.rules.map((rule) => rule.id));
  for (const rule of overlay.rules) {
    if (known.has(rule.id))
      throw esteiraError('POLICY_WEAKENED', { problem: `it replaces the rule ${rule.id}` });
    known.add(rule.id);
    rules.push(inForce(rule, 'workspace', overlay));
  }
  for (const { rule } of [...overlay.tightened, ...overlay.disabled]) {
    if (!known.has(rule)) throw esteiraError('POLICY_INVALID', { problem: `there is no rule ${rule}` });
  }
  const approvals = moreApprovals(pack, overlay);
  const policy = version > 0 ? `${pack.name}@${pack.version}+${version}` : `${pack.name}@${pack.version}`;
  const digest = canonicalDigest({
    approvals,
    rules: rules.map(({ rule, source, disabledStages }) => ({ rule: plain(rule), source, disabledStages })),
  });
  return { policy, digest, approvals, rules };
}

function inForce(rule: PolicyRule, source: EffectiveRule['source'], overlay: PolicyOverlay): EffectiveRule {
  const parameters = { ...rule.parameters };
  for (const change of overlay.tightened) {
    if (change.rule !== rule.id) continue;
    const parameter = parameters[change.parameter];
    if (!parameter) {
      throw esteiraError('POLICY_INVALID', {
        problem: `the rule ${rule.id} has no number called ${change.parameter}`,
      });
    }
    const looser =
      parameter.tighter === 'lower' ? change.value > parameter.value : change.value < parameter.value;
    if (looser)
      throw esteiraError('POLICY_WEAKENED', { problem: `${rule.id} ${change.parameter} would be looser` });
    parameters[change.parameter] = { ...parameter, value: change.value };
  }
  const disabledStages: Stage[] = [];
  for (const entry of overlay.disabled) {
    if (entry.rule !== rule.id) continue;
    if (source === 'default' && entry.stages.includes('production')) {
      throw esteiraError('POLICY_WEAKENED', {
        problem: `the default rule ${rule.id} would be off in production`,
      });
    }
    disabledStages.push(...entry.stages);
  }
  const tightened = { ...rule, parameters };
  try {
    return { rule: tightened, source, disabledStages, compiled: compileRule(tightened) };
  } catch (error) {
    const problem = `rule ${rule.id}: ${error instanceof Error ? error.message : 'not valid'}`;
    throw esteiraError('POLICY_INVALID', { problem }, error);
  }
}

function moreApprovals(pack: PolicyPack, overlay: PolicyOverlay): Readonly<Record<Stage, number>> {
  const approvals = { ...pack.approvals };
  for (const stage of ['development', 'staging', 'production'] as const) {
    const asked = overlay.approvals[stage];
    if (asked === undefined) continue;
    if (asked < approvals[stage]) {
      throw esteiraError('POLICY_WEAKENED', { problem: `${stage} would need fewer approvals` });
    }
    approvals[stage] = asked;
  }
  return approvals;
}

// An optional key that is absent must not turn into one that is undefined: canonical JSON knows no undefined.
function plain(rule: PolicyRule) {
  const { applies, ...rest } = rule;
  return applies === undefined ? rest : { ...rest, applies };
}
