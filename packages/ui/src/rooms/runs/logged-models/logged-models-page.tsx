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
import { type Address, useAddress } from '../../../components/use-address.ts';
import { useMessages } from '../../../messages/use-messages.tsx';
import { loggedModelColumns } from './logged-model-columns.tsx';

type Experiment = ListItem<'tracking', 'listExperiments'>;

/** Models that runs of an experiment made; which one stands in the address. */
export function LoggedModelsPage() {
  const { t } = useMessages();
  const address = useAddress();
  const experiment = address.word('experiment');
  const experiments = useAnswer('tracking', 'listExperiments', { query: { limit: 1000 } });
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
      {experiment ? (
        <ModelsOfExperiment address={address} experiment={experiment} experiments={experiments.data?.items} />
      ) : (
        <>
          <Group mb="sm">
            <Experiments address={address} experiments={experiments.data?.items} />
          </Group>
          <Panel>
            <EmptyState title={t('loggedModels.choose')} hint={t('loggedModels.chooseHint')} />
          </Panel>
        </>
      )}
    </>
  );
}

interface ExperimentsProps {
  readonly address: Address;
  readonly experiments: readonly Experiment[] | undefined;
}

function Experiments({ address, experiments = [] }: ExperimentsProps) {
  return (
    <ExperimentSelect
      address={address}
      experiments={experiments.map(({ name }) => ({ value: name, label: name }))}
    />
  );
}

function ModelsOfExperiment(props: ExperimentsProps & { readonly experiment: string }) {
  const { address, experiment } = props;
  const { t, format } = useMessages();
  const text = address.word('text');
  const order = address.word('order');
  const pages = usePages('tracking', 'searchLoggedModels', {
    query: { experiment, limit: 50, ...(text ? { text } : {}), ...(order ? { orderBy: order } : {}) },
  });
  const { set } = address;
  const applyText = useCallback((words: string) => set({ text: words }), [set]);
  const measured = new Set((pages.items ?? []).flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  const orders: { value: string; label: string }[] = [
    { value: '', label: t('loggedModels.newest') },
    { value: 'name', label: t('loggedModels.byName') },
    { value: 'status', label: t('loggedModels.byStatus') },
    ...[...measured].sort().flatMap((name) => [
      { value: `metrics."${name}" desc`, label: `${name} ↓` },
      { value: `metrics."${name}" asc`, label: `${name} ↑` },
    ]),
  ];
  if (!orders.some(({ value }) => value === order)) orders.push({ value: order, label: order });
  return (
    <>
      <Group mb="sm" gap="xs">
        <Experiments {...props} />
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
          data={orders}
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
}
