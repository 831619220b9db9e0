import type { GateRuleReport, GateSubject, JsonValue, PolicyRule } from '@esteira/contracts';
import { type CelExpression, type CelTemplate, compileCel, compileTemplate } from './cel-expression.ts';
import type { EvidenceMap } from './evidence.ts';

/** A rule ready to judge. */
export interface CompiledRule {
  readonly rule: PolicyRule;
  readonly applies: CelExpression | undefined;
  readonly conditions: readonly { readonly that: CelExpression; readonly otherwise: CelTemplate }[];
  readonly reason: CelTemplate;
  readonly todo: CelTemplate;
}

/** Compiles a rule. Throws an Error that says what is wrong: it does not parse, or uses a name it has not declared. */
export function compileRule(rule: PolicyRule): CompiledRule {
  const compiled = {
    rule,
    applies: rule.applies === undefined ? undefined : compileCel(rule.applies),
    conditions: rule.pass.map((condition) => ({
      that: compileCel(condition.that),
      otherwise: compileTemplate(condition.else),
    })),
    reason: compileTemplate(rule.reason),
    todo: compileTemplate(rule.todo),
  };
  const declared = new Set([...rule.evidence, 'subject', 'parameters', 'now']);
  const parts = [compiled.applies, compiled.reason, compiled.todo];
  for (const { that, otherwise } of compiled.conditions) parts.push(that, otherwise);
  for (const part of parts) {
    for (const name of part?.variables ?? []) {
      if (!declared.has(name)) throw new Error(`it uses ${name} without naming it under evidence`);
    }
  }
  return compiled;
}

/**
 * Judges one rule. It passes only when all its evidence is there and every condition is `true`: missing evidence, an
 * error in an expression or any other answer fails it, with the reason.
 */
export function judgeRule(
  compiled: CompiledRule,
  evidence: EvidenceMap,
  subject: GateSubject,
  now: number,
): GateRuleReport {
  const { rule } = compiled;
  const read: Record<string, JsonValue> = {};
  const problems: string[] = [];
  for (const name of rule.evidence) {
    const found = evidence.get(name) ?? { kind: 'missing' };
    if (found.kind === 'found') read[name] = found.value;
    else if (found.kind === 'missing') problems.push(`no evidence found: ${name}`);
    else problems.push(`the evidence ${name} could not be read: ${found.problem}`);
  }
  const parameters = Object.fromEntries(
    Object.entries(rule.parameters).map(([name, { value }]) => [name, value]),
  );
  const bindings = { ...read, subject, parameters, now };
  const report = { id: rule.id, title: rule.title, evidence: read };

  if (compiled.applies) {
    const outcome = compiled.applies.evaluate(bindings);
    if ('value' in outcome && outcome.value === false) {
      return { ...report, verdict: 'not-applicable', reason: `applies only where ${rule.applies}`, todo: '' };
    }
    if ('error' in outcome || outcome.value !== true) {
      problems.push(
        `whether it applies cannot be told: ${'error' in outcome ? outcome.error : 'no yes or no'}`,
      );
    }
  }
  if (problems.length === 0) {
    for (const { that, otherwise } of compiled.conditions) {
      const outcome = that.evaluate(bindings);
      if ('value' in outcome && outcome.value === true) continue;
      const text = otherwise.render(bindings);
      if ('value' in outcome && outcome.value === false) problems.push(text);
      else
        problems.push(
          `${text} (the evidence does not tell: ${'error' in outcome ? outcome.error : 'no yes or no'})`,
        );
    }
  }
  if (problems.length === 0)
    return { ...report, verdict: 'pass', reason: compiled.reason.render(bindings), todo: '' };
  return { ...report, verdict: 'fail', reason: problems.join('; '), todo: compiled.todo.render(bindings) };
}
