import type { ReactNode } from 'react';
import { usePages } from '../../api/use-answer.ts';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Every kind of thing with its retention; projects with their own below. */
export function PoliciesPanel({ form }: { readonly form: ReactNode }) {
  const { t } = useMessages();
  const pages = usePages('governance', 'retentionPolicies', { query: {} });
  return (
    <Panel title={t('retention.policies')} hint={t('retention.policiesHint')} flush>
      {form}
      <PagedTable
        label={t('retention.policies')}
        pages={pages}
        rowKey={(policy) => `${policy.kind} ${policy.project ?? ''}`}
        columns={[
          {
            key: 'kind',
            header: t('word.kind'),
            cell: (policy) => t(`retention.kind.${policy.kind}`),
          },
          {
            key: 'project',
            header: t('word.project'),
            grow: true,
            cell: ({ project }) =>
              project === null ? (
                <span className="faint">{t('retention.everyOther')}</span>
              ) : (
                <TextLink to={`/projects/${project}`}>{project}</TextLink>
              ),
          },
          { key: 'days', header: t('retention.keptFor'), cell: ({ days }) => daysText(days) },
          {
            key: 'minimum',
            header: t('retention.atLeast'),
            cell: ({ minimumDays }) => (minimumDays === null ? '–' : daysText(minimumDays)),
          },
          {
            key: 'by',
            header: t('retention.setBy'),
            cell: ({ updatedBy }) => (updatedBy === null ? '–' : <Person id={updatedBy} />),
          },
          { key: 'at', header: t('word.updated'), cell: ({ updatedAt }) => <TimeText at={updatedAt} /> },
        ]}
      />
    </Panel>
  );

  function daysText(days: number | null): string {
    return days === null ? t('retention.forever') : t('retention.days', { count: days });
  }
}
