import type { RetrainingGuard, RetrainingRun } from '@esteira/contracts';
import type { Tone } from '../../components/status-tone.ts';
import type { Say } from '../../messages/use-messages.tsx';

type Decision = RetrainingRun['decision'];

/** How a retraining ended, in words; a skipped one names the guard that held it. */
export function decisionText(decision: Decision, t: Say): string {
  if (decision === null) return t('retraining.decision.running');
  if (isSkipped(decision)) {
    const guard = decision.slice('skipped:'.length) as RetrainingGuard;
    return t('retraining.skipped', { guard: t(`retraining.guard.${guard}`) });
  }
  return t(`retraining.decision.${decision}`);
}

export function decisionTone(decision: Decision): Tone {
  if (decision === null) return 'busy';
  if (decision === 'challenger-wins') return 'good';
  return decision === 'failed' ? 'bad' : 'idle';
}

function isSkipped(decision: NonNullable<Decision>): decision is `skipped:${RetrainingGuard}` {
  return decision.startsWith('skipped:');
}
