import { describeGates } from './describe-gates.ts';
import type { Change } from './follow/follow-change.ts';
import { bytes, duration, number, plain, time } from './number-text.ts';
import { facts, paragraphs, table } from './output.ts';

/** A change as a reviewer reads it: what it would do, what it costs, what the gates say, who consented, what came of it. */
export function describeChange(change: Change): string {
  const { plan } = change;
  return paragraphs(
    facts([
      ['change', change.id],
      ['kind', change.kind],
      ['subject', describeSubject(change.subject)],
      ['state', describeState(change)],
      ['requested', `${time(change.requestedAt)} by ${change.requestedBy}`],
      ['valid until', time(change.expiresAt)],
      ['approvals', `${change.approvalsGiven} of ${change.approvalsRequired}`],
      ['blast radius', plan.blastRadius],
      ['cost', describeCost(plan.cost)],
      ['digest', change.digest],
    ]),
    `Steps\n${change.steps.map((step, index) => `  ${index + 1}. ${describeStep(step)}`).join('\n')}`,
    plan.gates === null ? '' : `Gates\n${describeGates(plan.gates)}`,
    change.approvals.length === 0 ? '' : `Decisions\n${describeApprovals(change)}`,
    change.verification.length === 0 ? '' : `Verification\n${describeVerification(change)}`,
  );
}

/** What to do next, as a command. */
export function nextStep(change: Change): string {
  switch (change.state) {
    case 'awaiting-approval':
      return `next: somebody else runs: esteira approve ${change.id}`;
    case 'approved':
      return `next: esteira apply ${change.id}`;
    case 'refused':
      return 'refused: correct what the gates name, then plan again';
    default:
      return '';
  }
}

/** The reason of a refusal is what the gates say below. */
function describeState({ state, reason }: Change): string {
  return reason === '' || state === 'refused' ? state : `${state}: ${reason}`;
}

function describeSubject(subject: Change['subject']): string {
  if (typeof subject !== 'object' || subject === null) return plain(subject);
  return Object.entries(subject)
    .map(([name, value]) => `${name} ${plain(value)}`)
    .join('\n');
}

function describeCost({ cpuSeconds, storageBytes, amount, currency }: Change['plan']['cost']): string {
  return `about ${amount.toFixed(4)} ${currency} (${duration(cpuSeconds * 1000)} of CPU, ${bytes(storageBytes)} stored)`;
}

function describeStep(step: Change['steps'][number]): string {
  const state = step.state === 'pending' ? '' : ` [${step.state}]`;
  return `${step.title}${state}${step.error === null ? '' : `: ${step.error}`}`;
}

function describeApprovals({ approvals }: Change): string {
  return table(approvals, {
    by: (approval) => approval.approver,
    decision: (approval) => approval.decision + (approval.current ? '' : ' (an earlier plan)'),
    at: (approval) => time(approval.at),
    comment: (approval) => approval.comment,
  });
}

function describeVerification({ verification }: Change): string {
  return table(verification, {
    check: (check) => check.name,
    expected: (check) => describeValue(check.expected),
    measured: (check) => describeValue(check.measured),
    ok: (check) => (check.ok ? 'yes' : 'NO'),
  });
}

function describeValue(value: Change['verification'][number]['measured']): string {
  return typeof value === 'number' ? number(value) : plain(value);
}
