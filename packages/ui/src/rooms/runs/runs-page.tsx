import { Button, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { useProjectFilter } from '../../api/use-project-filter.ts';
import { Listed } from '../../components/answered.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { runStatuses } from './run-statuses.ts';
import { RunTable } from './run-table.tsx';

type RunStatus = (typeof runStatuses)[number];

/** Runs by experiment, status and the filter language; the question stands in the address. */
export function RunsPage() {
  const { t } = useMessages();
  const [search, setSearch] = useSearchParams();
  const project = useProjectFilter();
  const experiment = search.get('experiment') ?? '';
  const status = runStatuses.find((candidate) => candidate === search.get('status'));
  const filter = search.get('filter') ?? '';
  const orderBy = search.get('order') ?? '';
  const [draft, setDraft] = useState(filter);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const experiments = useAnswer('tracking', 'listExperiments', {
    query: { ...(project ? { project } : {}) },
  });
  const pages = usePages(
    'tracking',
    'searchRuns',
    {
      query: {
        limit: 50,
        ...(project ? { project } : {}),
        ...(experiment ? { experiment } : {}),
        ...(status ? { status } : {}),
        ...(filter ? { filter } : {}),
        ...(orderBy ? { orderBy } : {}),
      },
    },
    { every: (items) => (items?.some((run) => run.status === 'running') ? 3000 : false) },
  );
  const isNarrowed = Boolean(experiment || status || filter);

  return (
    <>
      <PageHeader title={t('runs.title')}>{t('runs.lead')}</PageHeader>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          set('filter', draft.trim());
        }}
      >
        <Group gap="xs" mb="sm" align="center">
          <TextInput
            aria-label={t('runs.filter')}
            placeholder={t('runs.filterHint')}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
            onBlur={() => set('filter', draft.trim())}
            style={{ flex: 1, minWidth: 280 }}
            classNames={{ input: 'mono' }}
          />
          <NativeSelect
            aria-label={t('runs.experiment')}
            value={experiment}
            onChange={(event) => set('experiment', event.currentTarget.value)}
            data={[
              { value: '', label: t('runs.allExperiments') },
              ...(experiments.data?.items ?? []).map((entry) => entry.name),
            ]}
          />
          <NativeSelect
            aria-label={t('word.status')}
            value={status ?? ''}
            onChange={(event) => set('status', event.currentTarget.value)}
            data={[
              { value: '', label: t('runs.anyStatus') },
              ...runStatuses.map((value: RunStatus) => ({ value, label: t(`status.${value}`) })),
            ]}
          />
          {chosen.size > 0 ? (
            <Button
              component={Link}
              to={`/runs/compare?${new URLSearchParams([...chosen].map((id) => ['run', id]))}`}
            >
              {t('compare.button', { count: chosen.size })}
            </Button>
          ) : null}
        </Group>
      </form>
      {pages.error && pages.items ? <ErrorNotice error={pages.error} /> : null}
      <Panel flush>
        <Listed
          pages={pages}
          empty={
            isNarrowed ? (
              <EmptyState title={t('runs.noneFound')} hint={t('runs.noneFoundHint')} />
            ) : (
              <EmptyState
                title={t('runs.empty')}
                hint={t('runs.emptyHint')}
                command={commandLines.runPipeline()}
              />
            )
          }
        >
          {(items) => (
            <RunTable
              runs={items}
              more={pages}
              orderBy={orderBy}
              onOrder={(order) => set('order', order)}
              chosen={chosen}
              onChoose={(id) =>
                setChosen((current) => {
                  const next = new Set(current);
                  if (!next.delete(id)) next.add(id);
                  return next;
                })
              }
            />
          )}
        </Listed>
      </Panel>
      {pages.items && pages.items.length > 0 ? (
        <Text size="xs" c="dimmed">
          {t('runs.shown', { count: pages.items.length })}
        </Text>
      ) : null}
    </>
  );

  function set(name: string, value: string): void {
    if ((search.get(name) ?? '') === value) return;
    setSearch((current) => {
      const next = new URLSearchParams(current);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    });
  }
}
