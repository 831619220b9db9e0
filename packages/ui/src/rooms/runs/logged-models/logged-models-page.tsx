import { Group, NativeSelect } from '@mantine/core';
import { useCallback } from 'react';
import type { ListItem } from '../../../api/answers.ts';
import { useAnswer, usePages } from '../../../api/use-answer.ts';
import { EmptyState } from '../../../components/empty-state.tsx';
import { ExperimentSelect } from '../../../components/filter/experiment-select.tsx';
import { PageHeader } from '../../../components/page-header.tsx';
import { PagedTable } from '../../../components/paged-table.tsx';
import { Panel } from '../../../components/panel.tsx';
import { SearchBox } from '../../../components/search-box.tsx';
import { useAddress } from '../../../components/use-address.ts';
import { useMessages } from '../../../messages/use-messages.tsx';
import { loggedModelColumns } from './logged-model-columns.tsx';

/** Models that runs made, of an experiment or of all: the question stands in the address. */
export function LoggedModelsPage() {
  const { t, format } = useMessages();
  const address = useAddress();
  const { set } = address;
  const [experiment, text, order] = [address.word('experiment'), address.word('text'), address.word('order')];
  const experiments = useAnswer('tracking', 'listExperiments', { query: { limit: 1000 } });
  const pages = usePages('tracking', 'searchLoggedModels', {
    query: {
      limit: 50,
      ...(experiment ? { experiment } : {}),
      ...(text ? { text } : {}),
      ...(order ? { orderBy: order } : {}),
    },
  });
  const applyText = useCallback((words: string) => set({ text: words }), [set]);
  return (
    <>
      <PageHeader
        title={t('loggedModels.title')}
        path={[
          [t('runs.title'), '/runs'],
          ...(experiment ? [[experiment, `/runs?${new URLSearchParams({ experiment })}`] as const] : []),
        ]}
      >
        {t('loggedModels.lead')}
      </PageHeader>
      <Group mb="sm" gap="xs">
        <ExperimentSelect
          address={address}
          experiments={(experiments.data?.items ?? []).map(({ name }) => ({ value: name, label: name }))}
        />
        <SearchBox
          label={t('loggedModels.text')}
          placeholder={t('loggedModels.text')}
          value={text}
          onApply={applyText}
        />
        <NativeSelect
          aria-label={t('loggedModels.order')}
          value={order}
          onChange={(event) => set({ order: event.currentTarget.value })}
          data={orders(pages.items ?? [])}
        />
      </Group>
      <Panel flush>
        <PagedTable
          label={t('loggedModels.title')}
          pages={pages}
          empty={
            text ? (
              <EmptyState title={t('loggedModels.noneFound')} hint={t('loggedModels.noneFoundHint')} />
            ) : (
              <EmptyState title={t('loggedModels.empty')} hint={t('loggedModels.emptyHint')} />
            )
          }
          rowKey={({ id }) => id}
          columns={loggedModelColumns(t, format)}
        />
      </Panel>
    </>
  );

  /** What those at hand can be ordered by, and the order that is asked for. */
  function orders(models: readonly ListItem<'tracking', 'searchLoggedModels'>[]) {
    const measured = new Set(models.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
    const choices = [
      { value: '', label: t('loggedModels.newest') },
      { value: 'name', label: t('loggedModels.byName') },
      { value: 'status', label: t('loggedModels.byStatus') },
      ...[...measured].sort().flatMap((name) => [
        { value: `metrics."${name}" desc`, label: `${name} ↓` },
        { value: `metrics."${name}" asc`, label: `${name} ↑` },
      ]),
    ];
    return choices.some(({ value }) => value === order)
      ? choices
      : [...choices, { value: order, label: order }];
  }
}
