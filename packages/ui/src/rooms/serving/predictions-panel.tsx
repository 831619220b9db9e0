import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { describeJson } from '../../components/describe-json.ts';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { AnsweredBy } from './answered-by.tsx';
import { armNameText } from './arm-name.tsx';
import { type PredictionSearch, PredictionSearchForm } from './prediction-search-form.tsx';

type Prediction = ListItem<'serving', 'predictions'>;

/** The newest logged predictions with score and features, or those of an id or an entity. */
export function PredictionsPanel({ endpoint }: { readonly endpoint: string }) {
  const { t, format } = useMessages();
  const [search, setSearch] = useState<PredictionSearch>({});
  const predictions = useAnswer('serving', 'predictions', {
    params: { name: endpoint },
    query: { limit: 20, ...search },
  });
  const items = predictions.data?.items ?? [];
  const features = featuresOf(items);
  const columns: readonly Column<Prediction>[] = [
    { key: 'at', header: t('word.when'), cell: (row) => <TimeText at={numberAt(row, 'at')} /> },
    ...(items.some(isOfAnotherTime)
      ? [
          {
            key: 'event',
            header: t('endpoint.eventTime'),
            cell: (row: Prediction) => <TimeText at={numberAt(row, 'time')} />,
          },
        ]
      : []),
    {
      key: 'id',
      header: t('endpoint.predictionId'),
      cell: (row) => <span className="mono">{String(row.prediction_id)}</span>,
    },
    { key: 'arm', header: t('endpoint.arm'), cell: (row) => armNameText(String(row.arm ?? ''), t) },
    {
      key: 'version',
      header: t('word.version'),
      cell: (row) => <AnsweredBy predictor={textAt(row, 'model_version_id')} />,
    },
    { key: 'entity', header: t('endpoint.entity'), cell: (row) => describeJson(row.entity_key ?? null) },
    {
      key: 'score',
      header: t('endpoint.score'),
      align: 'right',
      cell: (row) => numberText(numberAt(row, 'score'), format.metric),
    },
    {
      key: 'latency',
      header: t('endpoint.latencyColumn'),
      align: 'right',
      cell: (row) => numberText(numberAt(row, 'latency_ms'), format.duration),
    },
    ...features.map(
      (name): Column<Prediction> => ({
        key: name,
        header: <span className="mono">{name.slice(2)}</span>,
        ...(isNumeric(items, name) ? { align: 'right' as const } : {}),
        cell: (row) => {
          const value = row[name] ?? null;
          return typeof value === 'number' ? format.number(value) : describeJson(value);
        },
      }),
    ),
  ];
  return (
    <Panel title={t('endpoint.predictions')} flush>
      <PredictionSearchForm onSearch={setSearch} />
      <Answered query={predictions}>
        {() =>
          items.length === 0 ? (
            <QuietText>
              {t(isEmpty(search) ? 'endpoint.predictionsEmpty' : 'endpoint.predictionsNotFound')}
            </QuietText>
          ) : (
            <DataTable
              label={t('endpoint.predictions')}
              columns={columns}
              rows={items}
              rowKey={(row) => `${row.prediction_id} ${row.arm} ${row.row_index}`}
            />
          )
        }
      </Answered>
    </Panel>
  );
}

/** The list is in the order of what was asked about, which may have happened long before. */
function isOfAnotherTime(row: Prediction): boolean {
  return Math.abs((numberAt(row, 'at') ?? 0) - (numberAt(row, 'time') ?? 0)) > 1_000;
}

function isEmpty(search: PredictionSearch): boolean {
  return Object.keys(search).length === 0;
}

/** Feature columns are those whose name begins with `f_`. */
function featuresOf(rows: readonly Prediction[]): readonly string[] {
  return Object.keys(rows[0] ?? {}).filter((name) => name.startsWith('f_'));
}

function isNumeric(rows: readonly Prediction[], name: string): boolean {
  return rows.some((row) => typeof row[name] === 'number');
}

function textAt(row: Prediction, name: string): string | null {
  const value = row[name];
  return typeof value === 'string' ? value : null;
}

function numberAt(row: Prediction, name: string): number | undefined {
  const value = row[name];
  return typeof value === 'number' ? value : undefined;
}

function numberText(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '–' : format(value);
}
