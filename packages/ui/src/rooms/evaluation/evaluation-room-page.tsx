import { Group } from '@mantine/core';
import type { ListItem } from '../../api/answers.ts';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import type { Column } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ExperimentSelect } from '../../components/filter/experiment-select.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useAddress } from '../../components/use-address.ts';
import { useMessages } from '../../messages/use-messages.tsx';

type Dataset = ListItem<'evaluation', 'listDatasets'>;
type Scorer = ListItem<'evaluation', 'listScorers'>;

const perPage = 50;

/** What answers of language models are judged by: evaluation datasets and scorers, of one experiment or all. */
export function EvaluationRoomPage() {
  const { t } = useMessages();
  const address = useAddress();
  const experiment = address.word('experiment');
  const query = { limit: perPage, ...(experiment ? { experiment } : {}) };
  const experiments = useAnswer('tracking', 'listExperiments', { query: {} });
  return (
    <>
      <PageHeader title={t('judging.title')}>{t('judging.lead')}</PageHeader>
      <Group mb="sm">
        <ExperimentSelect
          address={address}
          experiments={(experiments.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Group>
      <DatasetsPanel query={query} />
      <ScorersPanel query={query} />
    </>
  );
}

interface PanelQuery {
  readonly query: { readonly limit: number; readonly experiment?: string };
}

function DatasetsPanel({ query }: PanelQuery) {
  const { t, format } = useMessages();
  const pages = usePages('evaluation', 'listDatasets', { query });
  const columns: readonly Column<Dataset>[] = [
    {
      key: 'name',
      header: t('word.name'),
      cell: ({ id, name }) => <TextLink to={`/evaluation-datasets/${id}`}>{name}</TextLink>,
    },
    {
      key: 'records',
      header: t('judging.records'),
      align: 'right',
      cell: ({ records }) => format.number(records),
    },
    {
      key: 'experiments',
      header: t('judging.experiments'),
      grow: true,
      cell: ({ experiments }) => experiments.map(({ name }) => name).join(', ') || '–',
    },
    { key: 'changed', header: t('judging.changed'), cell: ({ updatedAt }) => <TimeText at={updatedAt} /> },
  ];
  return (
    <Panel title={t('judging.datasets')} flush>
      <PagedTable
        label={t('judging.datasets')}
        pages={pages}
        empty={<EmptyState title={t('judging.noDatasets')} hint={t('judging.noDatasetsHint')} />}
        columns={columns}
        rowKey={({ id }) => id}
      />
    </Panel>
  );
}

function ScorersPanel({ query }: PanelQuery) {
  const { t } = useMessages();
  const pages = usePages('evaluation', 'listScorers', { query });
  const columns: readonly Column<Scorer>[] = [
    {
      key: 'name',
      header: t('word.name'),
      cell: ({ id, name }) => <TextLink to={`/scorers/${id}`}>{name}</TextLink>,
    },
    { key: 'version', header: t('judging.version'), align: 'right', cell: ({ version }) => version },
    {
      key: 'experiment',
      header: t('judging.experiment'),
      grow: true,
      cell: ({ experiment }) => experiment.name,
    },
    { key: 'created', header: t('word.created'), cell: ({ createdAt }) => <TimeText at={createdAt} /> },
  ];
  return (
    <Panel title={t('judging.scorers')} hint={t('judging.scorersHint')} flush>
      <PagedTable
        label={t('judging.scorers')}
        pages={pages}
        empty={<EmptyState title={t('judging.noScorers')} hint={t('judging.noScorersHint')} />}
        columns={columns}
        rowKey={({ id }) => id}
      />
    </Panel>
  );
}
