import type { ModelSignature, RulePredictor } from '@esteira/contracts';
import type { ModelRunner } from './model-runner.ts';
import { answerByRule } from './rule.ts';

const noColumns = new Map<string, never>();

/** A version that is a rule: answers on the calling thread, and holds nothing. */
export function createRuleRunner(rule: RulePredictor, signature: ModelSignature): ModelRunner {
  return {
    coldMs: 0,
    engine: 'compiled',
    run: (batch) => answerByRule(rule, signature, batch, noColumns),
    runAndKill: () => Promise.reject(new Error('A rule has no process that could be ended.')),
    waiting: () => 0,
    memoryBytes: () => 0,
    async close() {},
  };
}
