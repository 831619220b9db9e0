import type { GateReport } from '@esteira/contracts';
import { shortDigest } from './number-text.ts';
import { table } from './output.ts';

/** Every rule with its verdict and reason, then what to do about those that failed. */
export function describeGates(report: GateReport): string {
  if (report.rules.length === 0) return `No rule of the policy ${report.policy} holds for this stage.`;
  const rules = table(report.rules, {
    rule: (rule) => rule.id,
    verdict: (rule) => rule.verdict,
    reason: (rule) => rule.reason,
  });
  const failed = report.rules.filter((rule) => rule.verdict === 'fail');
  const todo = failed.map((rule) => `  ${rule.id}  ${rule.title}\n    do: ${rule.todo}`);
  const verdict = report.passed
    ? `All gates pass (policy ${report.policy} ${shortDigest(report.digest)}).`
    : `${failed.length} of ${report.rules.length} rules fail (policy ${report.policy} ${shortDigest(report.digest)}):\n${todo.join('\n')}`;
  return `${rules}\n\n${verdict}`;
}
