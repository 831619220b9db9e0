import { filterText } from '@esteira/contracts';
import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useAction, usePages } from '../../api/use-answer.ts';
import type { Column } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { type ListedTrace, traceColumns } from '../traces/trace-columns.tsx';

interface IssueTracesProps {
  readonly issue: Answer<'llm', 'getIssue'>;
  readonly mayWrite: boolean;
}

/** The traces that show an issue; others are added by their ids. */
export function IssueTraces({ issue, mayWrite }: IssueTracesProps) {
  const { t } = useMessages();
  const filter = `issue = ${filterText(issue.id)}`;
  const pages = usePages('llm', 'listTraces', { query: { limit: 50, filter } }, { every: () => 15_000 });
  const unlink = useAction('llm', 'unlinkIssue');
  const { name, state, startedAt, request } = traceColumns(t);
  const columns: readonly Column<ListedTrace>[] = [
    name,
    state,
    startedAt,
    request,
    {
      key: 'why',
      header: t('word.reason'),
      grow: true,
      cell: ({ assessments }) =>
        assessments.find(({ kind, name }) => kind === 'issue' && name === issue.id)?.rationale ?? '–',
    },
    ...(mayWrite
      ? [
          {
            key: 'act',
            header: t('word.actions'),
            cell: (trace: ListedTrace) => (
              <Button
                size="compact-xs"
                variant="default"
                loading={unlink.isPending && unlink.variables.params.trace === trace.id}
                onClick={() => unlink.mutate({ params: { id: issue.id, trace: trace.id } })}
              >
                {t('issues.unlink')}
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Panel
      title={t('issues.traces')}
      hint={t('issues.tracesHint')}
      flush
      actions={<TextLink to={`/traces?${new URLSearchParams({ filter })}`}>{t('issues.inTraces')}</TextLink>}
    >
      {mayWrite ? <LinkForm issueId={issue.id} /> : null}
      {unlink.error ? <ErrorNotice error={unlink.error} /> : null}
      <PagedTable
        label={t('issues.traces')}
        pages={pages}
        empty={<EmptyState title={t('issues.noTraces')} hint={mayWrite ? t('issues.noTracesHint') : ''} />}
        columns={columns}
        rowKey={({ id }) => id}
      />
    </Panel>
  );
}

function LinkForm({ issueId }: { readonly issueId: string }) {
  const { t } = useMessages();
  const [trace, setTrace] = useState('');
  const [rationale, setRationale] = useState('');
  const link = useAction('llm', 'linkIssue');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const why = rationale.trim();
        const body = { trace: trace.trim(), ...(why === '' ? {} : { rationale: why }) };
        const clear = (): void => {
          setTrace('');
          setRationale('');
        };
        link.mutate({ params: { id: issueId }, body }, { onSuccess: clear });
      }}
    >
      <Group gap="xs" p="sm" align="flex-end">
        <TextInput
          label={t('issues.traceId')}
          maxLength={256}
          value={trace}
          onChange={(event) => setTrace(event.currentTarget.value)}
        />
        <TextInput
          label={t('word.reason')}
          maxLength={20_000}
          w={280}
          value={rationale}
          onChange={(event) => setRationale(event.currentTarget.value)}
        />
        <Button type="submit" loading={link.isPending} disabled={trace.trim() === ''}>
          {t('issues.link')}
        </Button>
      </Group>
      {link.error ? <ErrorNotice error={link.error} /> : null}
    </form>
  );
}
