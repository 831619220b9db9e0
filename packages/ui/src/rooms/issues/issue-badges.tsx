import { TonedBadge } from '../../components/status-badge.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

export const issueStatuses = ['pending', 'rejected', 'resolved'] as const;
export const issueSeverities = ['high', 'medium', 'low', 'not_an_issue'] as const;
export type IssueStatus = (typeof issueStatuses)[number];
export type IssueSeverity = (typeof issueSeverities)[number];

const statusTones = { pending: 'warn', rejected: 'idle', resolved: 'good' } as const;
const severityTones = { high: 'bad', medium: 'warn', low: 'idle', not_an_issue: 'idle' } as const;

/** What became of an issue. */
export function IssueStatusBadge({ status }: { readonly status: IssueStatus }) {
  const { t } = useMessages();
  return <TonedBadge tone={statusTones[status]}>{t(`issueStatus.${status}`)}</TonedBadge>;
}

/** How bad an issue is; nothing where nobody has judged it. */
export function IssueSeverityBadge({ severity }: { readonly severity: IssueSeverity | undefined }) {
  const { t } = useMessages();
  if (severity === undefined) return null;
  return <TonedBadge tone={severityTones[severity]}>{t(`issueSeverity.${severity}`)}</TonedBadge>;
}
