import type { HoldSubject } from '@esteira/contracts';
import { nodeAddress } from '../../components/node-address.ts';
import { kindText } from '../../components/node-kind.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { type Say, useMessages } from '../../messages/use-messages.tsx';

/** What a hold covers, as links where there are pages. */
export function HoldSubjects({ subjects }: { readonly subjects: readonly HoldSubject[] }) {
  const { t } = useMessages();
  return subjects.map((subject) => {
    const address = subjectAddress(subject);
    return (
      <div key={`${subject.kind} ${subject.id}`}>
        {subjectKindText(subject.kind, t)}{' '}
        {address ? (
          <TextLink to={address}>{subject.id}</TextLink>
        ) : (
          <span className="mono">{subject.id}</span>
        )}
      </div>
    );
  });
}

/** The kind of a subject in words. */
export function subjectKindText(kind: HoldSubject['kind'], t: Say): string {
  if (kind === 'dataset') return t('holds.dataset');
  if (kind === 'experiment') return t('holds.experiment');
  return kindText(kind, t);
}

function subjectAddress({ kind, id }: HoldSubject): string | undefined {
  return kind === 'dataset' ? `/datasets/${encodeURIComponent(id)}` : nodeAddress({ kind, id });
}
