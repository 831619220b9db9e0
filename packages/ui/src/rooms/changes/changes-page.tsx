import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { usePages } from '../../api/use-answer.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { useChangeTitle } from './change-title.ts';

/** Changes of what is live, newest first. */
export function ChangesPage() {
  const { t } = useMessages();
  const [waiting, setWaiting] = useState(false);
  const pages = usePages(
    'governance',
    'changes',
    { query: waiting ? { state: 'awaiting-approval' } : {} },
    { every: () => 5000 },
  );
  return (
    <>
      <PageHeader
        title={t('changes.title')}
        actions={
          <SegmentedControl
            value={waiting ? 'waiting' : 'all'}
            onChange={(value) => setWaiting(value === 'waiting')}
            data={[
              { value: 'all', label: t('changes.all') },
              { value: 'waiting', label: t('changes.waiting') },
            ]}
          />
        }
      >
        {t('changes.lead')}
      </PageHeader>
      <Panel flush>
        <PagedTable
          label={t('changes.title')}
          pages={pages}
          empty={
            <EmptyState
              title={t('changes.empty')}
              hint={t('changes.emptyHint')}
              command={commandLines.promote()}
            />
          }
          rowKey={(change) => change.id}
          columns={[
            {
              key: 'title',
              header: t('changes.subject'),
              grow: true,
              cell: (change) => <ChangeLink change={change} />,
            },
            {
              key: 'state',
              header: t('word.status'),
              cell: (change) => <StatusBadge status={change.state} />,
            },
            {
              key: 'approvals',
              header: t('changes.approvals'),
              cell: (change) =>
                t('changes.approvalsOf', {
                  given: change.approvalsGiven,
                  required: change.approvalsRequired,
                }),
            },
            {
              key: 'by',
              header: t('changes.requestedBy'),
              cell: (change) => <Person id={change.requestedBy} />,
            },
            {
              key: 'at',
              header: t('changes.requestedAt'),
              cell: (change) => <TimeText at={change.requestedAt} />,
            },
            {
              key: 'updated',
              header: t('word.updated'),
              cell: (change) => <TimeText at={change.updatedAt} />,
            },
          ]}
        />
      </Panel>
    </>
  );
}

function ChangeLink({ change }: { readonly change: ListItem<'governance', 'changes'> }) {
  const title = useChangeTitle(change);
  return <TextLink to={`/changes/${change.id}`}>{title}</TextLink>;
}
