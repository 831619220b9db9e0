import { isDeepStrictEqual } from 'node:util';
import type { Check, ContractRules, RowRule } from './contract-rules.ts';
import { describeThreshold, isWithin } from './threshold.ts';

/** How a contract changed at one place, seen by whoever reads the data. */
export interface ContractDifference {
  readonly path: string;
  readonly message: string;
  readonly direction: 'looser' | 'stricter' | 'changed' | 'neutral';
  /** The reader may meet what the contract before ruled out. */
  readonly breaking: boolean;
}

type Direction = ContractDifference['direction'];

/** Compares two contracts check by check; checks are matched by their ids. */
export function diffContracts(before: ContractRules, after: ContractRules): readonly ContractDifference[] {
  const differences: ContractDifference[] = [];
  const add = (path: string, message: string, direction: Direction) => {
    differences.push({
      path,
      message,
      direction,
      breaking: direction === 'looser' || direction === 'changed',
    });
  };
  const later = new Map(after.checks.map((check) => [check.id, check]));
  for (const check of before.checks) {
    const other = later.get(check.id);
    if (other === undefined) add(check.path, `${check.id} is no longer checked: ${check.title}`, 'looser');
    else compare(check, other, add);
  }
  const earlier = new Set(before.checks.map((check) => check.id));
  for (const check of after.checks) {
    if (!earlier.has(check.id)) add(check.path, `${check.id} is checked now: ${check.title}`, 'stricter');
  }
  return differences;
}

function compare(
  before: Check,
  after: Check,
  add: (path: string, message: string, direction: Direction) => void,
): void {
  const rank = { info: 0, warning: 1, error: 2 };
  const severity = rank[after.severity] - rank[before.severity];
  if (severity !== 0) {
    const message = `${after.id}: severity ${before.severity} became ${after.severity}`;
    add(after.path, message, severity < 0 ? 'looser' : 'stricter');
  }
  const rule = ruleDirection(before, after);
  if (rule !== 'neutral') add(after.path, `${after.id}: "${before.title}" became "${after.title}"`, rule);
  const threshold = thresholdDirection(before, after);
  if (threshold === 'neutral') return;
  const words = [before, after].map((check) => describeThreshold(check.threshold, check.unit));
  add(after.path, `${after.id}: accepted was ${words[0]}, is ${words[1]}`, threshold);
}

function thresholdDirection(before: Check, after: Check): Direction {
  if (before.unit !== after.unit) return 'changed';
  const narrower = isWithin(after.threshold, before.threshold);
  const wider = isWithin(before.threshold, after.threshold);
  if (narrower && wider) return 'neutral';
  if (narrower) return 'stricter';
  return wider ? 'looser' : 'changed';
}

function ruleDirection(before: Check, after: Check): Direction {
  if (isDeepStrictEqual(before.measure, after.measure)) return 'neutral';
  if (before.measure.kind !== 'failing-rows' || after.measure.kind !== 'failing-rows') return 'changed';
  return rowRuleDirection(before.measure.rule, after.measure.rule);
}

function rowRuleDirection(before: RowRule, after: RowRule): Direction {
  if (before.kind === 'bound' && after.kind === 'bound' && before.bound === after.bound) {
    const lower = before.bound === 'minimum' || before.bound === 'exclusiveMinimum';
    return towards(before.limit < after.limit, lower);
  }
  if (before.kind === 'length' && after.kind === 'length' && before.bound === after.bound) {
    return towards(before.limit < after.limit, before.bound === 'min');
  }
  if (before.kind === 'one-of' && after.kind === 'one-of') return setDirection(before.values, after.values);
  if (before.kind === 'not-missing' && after.kind === 'not-missing') {
    return setDirection(after.values, before.values);
  }
  if (before.kind === 'type' && after.kind === 'type') {
    if (before.logicalType === 'integer' && after.logicalType === 'number') return 'looser';
    if (before.logicalType === 'number' && after.logicalType === 'integer') return 'stricter';
  }
  return 'changed';
}

function towards(rose: boolean, isLowerBound: boolean): Direction {
  return rose === isLowerBound ? 'stricter' : 'looser';
}

/** More accepted values are looser. */
function setDirection<T>(before: readonly T[], after: readonly T[]): Direction {
  const grew = before.every((value) => after.includes(value));
  const shrank = after.every((value) => before.includes(value));
  if (grew && shrank) return 'neutral';
  if (grew) return 'looser';
  return shrank ? 'stricter' : 'changed';
}
