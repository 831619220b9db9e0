import type { AlertSignal, AlertState } from '@esteira/contracts';
import type { StoredSilence } from './silence-store.ts';

// Bad data explains a drift, and either explains what is estimated from it.
const mutedBy: Readonly<Partial<Record<AlertSignal, readonly AlertSignal[]>>> = {
  drift: ['data-quality'],
  'prediction-drift': ['data-quality'],
  'performance-estimate': ['data-quality', 'drift', 'prediction-drift'],
};

/** Why a notification is held back, in words; undefined when it is to be delivered. */
export function suppressionOf(
  alert: { readonly monitor: string; readonly signal: AlertSignal },
  now: number,
  silences: readonly StoredSilence[],
  phases: ReadonlyMap<AlertSignal, AlertState>,
): string | undefined {
  for (const other of mutedBy[alert.signal] ?? []) {
    const phase = phases.get(other);
    if (phase === 'firing' || phase === 'acknowledged')
      return `the ${other} alert of the same monitor is ${phase} and explains it`;
  }
  const silence = silences.find(
    ({ monitor, signal, startsAt, endsAt }) =>
      (monitor === null || monitor === alert.monitor) &&
      (signal === null || signal === alert.signal) &&
      startsAt <= now &&
      (endsAt === null || now < endsAt),
  );
  if (!silence) return undefined;
  const until = silence.endsAt === null ? 'somebody ends it' : new Date(silence.endsAt).toISOString();
  return `silenced by ${silence.owner} until ${until}: ${silence.reason}`;
}
