import { useParams } from 'react-router';
import type { Answer, ListItem } from '../../api/answers.ts';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import type { Column } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Dataset = Answer<'evaluation', 'getDataset'>;
type EvaluationRecord = ListItem<'evaluation', 'listRecords'>;

/** One evaluation dataset with its examples. */
export function EvaluationDatasetPage() {
  const { id = '' } = useParams();
  const dataset = useAnswer('evaluation', 'getDataset', { params: { id } });
  return <AnsweredPage query={dataset}>{(answer) => <DatasetView dataset={answer} />}</AnsweredPage>;
}

function DatasetView({ dataset }: { readonly dataset: Dataset }) {
  const { t, format } = useMessages();
  const records = usePages('evaluation', 'listRecords', { params: { id: dataset.id }, query: { limit: 50 } });
  const columns: readonly Column<EvaluationRecord>[] = [
    {
      key: 'inputs',
      header: t('judging.inputs'),
      grow: true,
      cell: ({ inputs }) => <JsonView value={inputs} />,
    },
    {
      key: 'expectations',
      header: t('judging.expectations'),
      grow: true,
      cell: ({ expectations }) => (expectations === null ? '–' : <JsonView value={expectations} />),
    },
    { key: 'source', header: t('judging.source'), cell: ({ source }) => <RecordOrigin source={source} /> },
    { key: 'created', header: t('word.created'), cell: ({ createdAt }) => <TimeText at={createdAt} /> },
  ];
  return (
    <>
      <PageHeader title={dataset.name} path={[[t('judging.title'), '/judging']]}>
        <span className="mono">{dataset.id}</span> · <TimeText at={dataset.updatedAt} />
      </PageHeader>
      <Panel title={t('judging.dataset')}>
        <Facts>
          <Fact name={t('judging.records')}>{format.number(dataset.records)}</Fact>
          <Fact name={t('judging.experiments')}>
            {dataset.experiments.map(({ name }) => name).join(', ')}
          </Fact>
          {Object.entries(dataset.tags).map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
        </Facts>
      </Panel>
      <Panel title={t('judging.records')} flush>
        <PagedTable
          label={t('judging.records')}
          pages={records}
          empty={<EmptyState title={t('judging.noRecords')} hint={t('judging.noRecordsHint')} />}
          columns={columns}
          rowKey={({ id }) => id}
        />
      </Panel>
    </>
  );
}

/** A record that was made of a trace leads to it. */
function RecordOrigin({ source }: Pick<EvaluationRecord, 'source'>) {
  if (source === undefined) return '–';
  const { trace_id: trace } = source.data;
  if (typeof trace !== 'string') return source.type.toLowerCase();
  return <TextLink to={`/traces/${trace}`}>{source.type.toLowerCase()}</TextLink>;
}
