import type { ReactNode } from 'react';
import { type MessageKey, useMessages } from '../messages/use-messages.tsx';
import './status-badge.css';
import { type Tone, toneOf } from './status-tone.ts';

type StatusOf<Key> = Key extends `status.${infer Status}` ? Status : never;
export type Status = StatusOf<MessageKey>;

/** A status in words and colour. */
export function StatusBadge({ status }: { readonly status: Status }) {
  const { t } = useMessages();
  return <TonedBadge tone={toneOf(status)}>{t(`status.${status}`)}</TonedBadge>;
}

/** The same shape for words that are not a status of the product's vocabulary. */
export function TonedBadge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className="status" data-tone={tone}>
      {children}
    </span>
  );
}
