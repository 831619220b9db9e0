import type { AlertSignal, Monitor } from '@esteira/contracts';
import { TonedBadge } from '../../components/status-badge.tsx';
import { toneOf } from '../../components/status-tone.ts';
import { type MessageKey, useMessages } from '../../messages/use-messages.tsx';

type SignalKey = Extract<MessageKey, `signal.${string}`>;

/** Each signal of a monitor in the colour of its state. */
export function SignalBadges({ signals }: { readonly signals: Monitor['signals'] }) {
  const { t } = useMessages();
  return Object.entries(signals).map(([signal, state]) => (
    <span key={signal} title={t(`status.${state}`)}>
      <TonedBadge tone={state === 'resolved' ? 'idle' : toneOf(state)}>
        {t(`signal.${signal as AlertSignal}` satisfies SignalKey)}
      </TonedBadge>
    </span>
  ));
}
