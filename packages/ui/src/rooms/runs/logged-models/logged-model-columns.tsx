import type { ListItem } from '../../../api/answers.ts';
import type { Column } from '../../../components/data-table.tsx';
import { StatusBadge } from '../../../components/status-badge.tsx';
import { TextLink } from '../../../components/text-link.tsx';
import { TimeText } from '../../../components/time-text.tsx';
import type { Formats } from '../../../messages/formats.ts';
import type { Say } from '../../../messages/use-messages.tsx';
import { metricText } from '../metric-text.ts';

type LoggedModel = ListItem<'tracking', 'searchLoggedModels'>;

/** Few enough to be read in a line. */
const mostMetrics = 3;

/** What lists say of logged models. */
export function loggedModelColumns(t: Say, format: Formats): readonly Column<LoggedModel>[] {
  return [
    {
      key: 'name',
      header: t('word.name'),
      cell: (model) => <TextLink to={`/logged-models/${model.id}`}>{model.name}</TextLink>,
    },
    {
      key: 'status',
      header: t('word.status'),
      cell: (model) => <StatusBadge status={model.status} />,
    },
    { key: 'type', header: t('loggedModels.type'), cell: (model) => model.type || '–' },
    {
      key: 'metrics',
      header: t('run.metrics'),
      grow: true,
      cell: (model) => metricWords(model) || '–',
    },
    {
      key: 'run',
      header: t('loggedModels.run'),
      cell: (model) =>
        model.sourceRunId === null ? (
          '–'
        ) : (
          <TextLink to={`/runs/${model.sourceRunId}`}>{model.sourceRunId}</TextLink>
        ),
    },
    { key: 'created', header: t('word.created'), cell: (model) => <TimeText at={model.createdAt} /> },
  ];

  function metricWords({ metrics }: LoggedModel): string {
    const newest = new Map(
      metrics.map(({ name, datasetName, value }) => [
        datasetName === null ? name : `${name} (${datasetName})`,
        value,
      ]),
    );
    return [...newest]
      .slice(0, mostMetrics)
      .map(([name, value]) => `${name} ${metricText(value, format.metric)}`)
      .join(' · ');
  }
}
