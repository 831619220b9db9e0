import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { Clamped } from '../../components/clamped.tsx';
import type { Column } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { FilterBar } from '../../components/filter/filter-bar.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { useAddress } from '../../components/use-address.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { type ListedTrace, traceColumns } from './trace-columns.tsx';
import { createTraceLanguage } from './trace-language.ts';

/** Traces of language models by experiment and the filter language; the question stands in the address. */
export function TracesPage() {
  const { t, format } = useMessages();
  const address = useAddress();
  const experiment = address.word('experiment');
  const filter = address.word('filter');
  const experiments = useAnswer('tracking', 'listExperiments', { query: {} });
  const pages = usePages(
    'llm',
    'listTraces',
    { query: { limit: 50, ...(experiment ? { experiment } : {}), ...(filter ? { filter } : {}) } },
    { every: (items) => (items?.some(({ state }) => state === 'IN_PROGRESS') ? 3000 : 15_000) },
  );
  const known = JSON.stringify((pages.items ?? []).map(({ name, tags }) => ({ name, tags })));
  const language = useMemo(
    () => createTraceLanguage(JSON.parse(known) as Pick<ListedTrace, 'name' | 'tags'>[]),
    [known],
  );
  const { name, state, startedAt, request } = traceColumns(t);
  const columns: readonly Column<ListedTrace>[] = [
    name,
    state,
    startedAt,
    {
      key: 'duration',
      header: t('word.duration'),
      align: 'right',
      cell: (trace) => (trace.durationMs === undefined ? '–' : format.duration(trace.durationMs)),
    },
    {
      key: 'tokens',
      header: t('traces.tokens'),
      align: 'right',
      cell: ({ tokens }) => (tokens?.total_tokens === undefined ? '–' : format.number(tokens.total_tokens)),
    },
    request,
    {
      key: 'response',
      header: t('traces.response'),
      grow: true,
      cell: (trace) => <Clamped>{trace.responsePreview ?? '–'}</Clamped>,
    },
  ];

  return (
    <>
      <PageHeader title={t('traces.title')}>{t('traces.lead')}</PageHeader>
      <FilterBar
        address={address}
        placeholder={t('traces.filterHint')}
        language={language}
        experiments={(experiments.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      />
      {pages.error && pages.items ? <ErrorNotice error={pages.error} /> : null}
      <Panel flush>
        <PagedTable
          label={t('traces.title')}
          pages={pages}
          empty={
            experiment || filter ? (
              <EmptyState title={t('traces.noneFound')} hint={t('runs.noneFoundHint')} />
            ) : (
              <EmptyState title={t('traces.empty')} hint={t('traces.emptyHint')} />
            )
          }
          columns={columns}
          rowKey={({ id }) => id}
        />
      </Panel>
      {pages.items && pages.items.length > 0 ? (
        <Text size="xs" c="dimmed">
          {t('traces.shown', { count: pages.items.length })}
        </Text>
      ) : null}
    </>
  );
}
