import { Box } from '@mantine/core';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Figure, Figures } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { AnsweredBy } from './answered-by.tsx';
import { armRank, totalRows } from './arm-lines.ts';
import { ArmName } from './arm-name.tsx';

type Endpoint = Answer<'serving', 'endpoint'>;

/** What the endpoint answered in the last hour, by arm and version, and whether all was logged. */
export function LastHourPanel({ endpoint }: { readonly endpoint: Endpoint }) {
  const { t, format } = useMessages();
  const { lastHour } = endpoint;
  const reconciliation = useAnswer('serving', 'reconciliation', { params: { name: endpoint.name } });
  return (
    <Panel title={t('endpoint.lastHour')} flush>
      <Box px={14} py={10}>
        <Figures>
          <Figure name={t('endpoint.rows')}>{format.integer(totalRows(lastHour))}</Figure>
          <Figure name={t('endpoint.errors')}>
            {format.integer(sum(lastHour.map((arm) => arm.errors)))}
          </Figure>
          <Figure name={t('endpoint.fallbacks')}>
            {format.integer(sum(lastHour.map((arm) => arm.fallbacks)))}
          </Figure>
          {reconciliation.data ? <Logged {...reconciliation.data} /> : null}
        </Figures>
      </Box>
      {lastHour.length > 0 ? <ByArm arms={lastHour} /> : null}
    </Panel>
  );
}

function Logged({ served, logged, since }: Answer<'serving', 'reconciliation'>) {
  const { t, format } = useMessages();
  return (
    <Figure
      name={t('endpoint.logged')}
      note={since === null ? null : t('endpoint.loggedNote', { since: format.dateTime(since) })}
    >
      {format.integer(logged)} / {format.integer(served)}
    </Figure>
  );
}

function ByArm({ arms }: { readonly arms: Endpoint['lastHour'] }) {
  const { t, format } = useMessages();
  return (
    <DataTable
      label={t('endpoint.lastHour')}
      rows={arms.toSorted((left, right) => armRank(left.arm) - armRank(right.arm))}
      rowKey={(arm) => `${arm.arm} ${arm.modelVersionId}`}
      columns={[
        { key: 'arm', header: t('endpoint.arm'), cell: (arm) => <ArmName name={arm.arm} /> },
        {
          key: 'version',
          header: t('endpoint.predictor'),
          cell: ({ modelVersionId }) => <AnsweredBy predictor={modelVersionId} />,
        },
        { key: 'rows', header: t('word.rows'), align: 'right', cell: (arm) => format.integer(arm.rows) },
        {
          key: 'errors',
          header: t('endpoint.errors'),
          align: 'right',
          cell: (arm) => format.integer(arm.errors),
        },
        {
          key: 'fallbacks',
          header: t('endpoint.fallbacks'),
          align: 'right',
          cell: (arm) => format.integer(arm.fallbacks),
        },
        { key: 'p50', header: 'p50', align: 'right', cell: (arm) => latency(arm.p50Ms) },
        { key: 'p95', header: 'p95', align: 'right', cell: (arm) => latency(arm.p95Ms) },
        { key: 'p99', header: 'p99', align: 'right', cell: (arm) => latency(arm.p99Ms) },
      ]}
    />
  );

  function latency(milliseconds: number | null): string {
    return milliseconds === null ? '–' : format.duration(milliseconds);
  }
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
