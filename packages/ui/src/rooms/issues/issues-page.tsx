import { Button, Group, Modal, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { ListItem } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import type { Column } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ExperimentSelect } from '../../components/filter/experiment-select.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useAddress } from '../../components/use-address.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { IssueSeverityBadge, IssueStatusBadge, issueSeverities, issueStatuses } from './issue-badges.tsx';
import { NewIssueForm } from './issue-forms.tsx';

type Issue = ListItem<'llm', 'listIssues'>;

/** Issues of one experiment or all, by status, severity and words; the question stands in the address. */
export function IssuesPage() {
  const { t, format } = useMessages();
  const navigate = useNavigate();
  const mayWrite = useMay('traces:write');
  const [telling, setTelling] = useState(false);
  const address = useAddress();
  const experiment = address.word('experiment');
  const status = issueStatuses.find((one) => one === address.word('status'));
  const severity = issueSeverities.find((one) => one === address.word('severity'));
  const text = address.word('text');
  const asked = {
    ...(experiment ? { experiment } : {}),
    ...(status ? { status } : {}),
    ...(severity ? { severity } : {}),
    ...(text ? { text } : {}),
  };
  const experiments = useAnswer('tracking', 'listExperiments', { query: { limit: 1000 } });
  const names = new Map((experiments.data?.items ?? []).map(({ id, name }) => [id, name]));
  const pages = usePages('llm', 'listIssues', { query: { limit: 50, ...asked } }, { every: () => 15_000 });
  const columns: readonly Column<Issue>[] = [
    {
      key: 'name',
      header: t('word.name'),
      grow: true,
      cell: ({ id, name }) => <TextLink to={`/issues/${id}`}>{name}</TextLink>,
    },
    {
      key: 'status',
      header: t('word.status'),
      cell: (issue) => <IssueStatusBadge status={issue.status} />,
    },
    {
      key: 'severity',
      header: t('issues.severity'),
      cell: (issue) => <IssueSeverityBadge severity={issue.severity} />,
    },
    {
      key: 'traces',
      header: t('issues.traces'),
      align: 'right',
      cell: ({ traces }) => format.number(traces),
    },
    {
      key: 'experiment',
      header: t('issues.experiment'),
      cell: ({ experimentId }) => names.get(experimentId) ?? experimentId,
    },
    {
      key: 'categories',
      header: t('issues.categories'),
      cell: ({ categories }) => categories.join(', ') || '–',
    },
    { key: 'created', header: t('word.created'), cell: ({ createdAt }) => <TimeText at={createdAt} /> },
  ];
  return (
    <>
      <PageHeader
        title={t('issues.title')}
        actions={mayWrite ? <Button onClick={() => setTelling(true)}>{t('issues.new')}</Button> : null}
      >
        {t('issues.lead')}
      </PageHeader>
      <Group gap="xs" mb="sm" component="search">
        <SearchBox
          label={t('issues.search')}
          placeholder={t('issues.searchHint')}
          value={text}
          onApply={(words) => address.set({ text: words })}
        />
        <ExperimentSelect
          address={address}
          experiments={Array.from(names, ([value, label]) => ({ value, label }))}
        />
        <NativeSelect
          aria-label={t('word.status')}
          value={status ?? ''}
          onChange={(event) => address.set({ status: event.currentTarget.value })}
          data={[
            { value: '', label: t('issues.allStatuses') },
            ...issueStatuses.map((value) => ({ value, label: t(`issueStatus.${value}`) })),
          ]}
        />
        <NativeSelect
          aria-label={t('issues.severity')}
          value={severity ?? ''}
          onChange={(event) => address.set({ severity: event.currentTarget.value })}
          data={[
            { value: '', label: t('issues.allSeverities') },
            ...issueSeverities.map((value) => ({ value, label: t(`issueSeverity.${value}`) })),
          ]}
        />
      </Group>
      <Panel flush>
        <PagedTable
          label={t('issues.title')}
          pages={pages}
          empty={
            Object.keys(asked).length > 0 ? (
              <EmptyState title={t('issues.noneFound')} hint={t('issues.noneFoundHint')} />
            ) : (
              <EmptyState title={t('issues.empty')} hint={t('issues.emptyHint')} />
            )
          }
          columns={columns}
          rowKey={({ id }) => id}
        />
      </Panel>
      <Modal
        opened={telling}
        onClose={() => setTelling(false)}
        title={t('issues.newTitle')}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        <NewIssueForm
          experiments={(experiments.data?.items ?? []).filter(({ deletedAt }) => deletedAt === undefined)}
          experiment={experiment}
          onMade={(id) => navigate(`/issues/${id}`)}
        />
      </Modal>
    </>
  );
}
