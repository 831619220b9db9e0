import { Text } from '@mantine/core';
import type { ListItem } from '../../api/answers.ts';
import { usePages } from '../../api/use-answer.ts';
import type { Column } from '../../components/data-table.tsx';
import { DigestText } from '../../components/digest-text.tsx';
import { metricName } from '../../components/metric-name.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Evaluation = ListItem<'evaluation', 'evaluations'>;

/** The evaluations of a project, newest first, each against its first baseline. */
export function EvaluationsPanel({ project, metric }: { readonly project: string; readonly metric: string }) {
  const { t, format } = useMessages();
  const pages = usePages('evaluation', 'evaluations', { query: { project, limit: 10 } });
  const columns: readonly Column<Evaluation>[] = [
    {
      key: 'id',
      header: t('word.id'),
      cell: (row) => <TextLink to={`/evaluations/${row.id}`}>{row.id}</TextLink>,
    },
    {
      key: 'value',
      header: metricName(metric, t),
      align: 'right',
      cell: (row) => numberOr(row.metrics[metric as keyof typeof row.metrics], format.metric),
    },
    {
      key: 'baseline',
      header: t('project.baseline'),
      align: 'right',
      cell: (row) => numberOr(row.baselines[0]?.value, format.metric),
    },
    {
      key: 'verdict',
      header: t('word.status'),
      cell: (row) => (row.baselines[0] ? <StatusBadge status={row.baselines[0].verdict} /> : null),
    },
    { key: 'test', header: t('word.digest'), cell: (row) => <DigestText digest={row.testDigest} /> },
    { key: 'at', header: t('word.when'), cell: (row) => <TimeText at={row.createdAt} /> },
  ];
  return (
    <Panel title={t('project.evaluations')} flush>
      <PagedTable
        label={t('project.evaluations')}
        pages={pages}
        empty={
          <Text size="sm" c="dimmed" p="md">
            {t('project.evaluationsNone')}
          </Text>
        }
        columns={columns}
        rowKey={(row) => row.id}
      />
    </Panel>
  );
}

function numberOr(value: number | null | undefined, format: (value: number) => string): string {
  return typeof value === 'number' ? format(value) : '–';
}
