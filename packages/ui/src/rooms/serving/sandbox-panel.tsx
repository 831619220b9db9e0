import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** How an endpoint in development is used, and when that has it reported and frozen. */
export function SandboxPanel({ endpoint }: { readonly endpoint: string }) {
  const { t, format } = useMessages();
  const sandbox = useAnswer('serving', 'sandbox', { params: { name: endpoint } });
  return (
    <Panel title={t('endpoint.sandbox')} hint={t('endpoint.sandboxHint')}>
      <Answered query={sandbox} lines={3}>
        {({ limits, days, busyDays, frozen }) => (
          <>
            <Facts>
              <Fact name={t('endpoint.frozen')}>{frozen?.reason}</Fact>
              <Fact name={t('endpoint.busyFrom')}>{format.integer(limits.callersPerDay)}</Fact>
              <Fact name={t('endpoint.busyDays')}>{format.integer(busyDays)}</Fact>
              <Fact name={t('endpoint.reportedAfter')}>{format.integer(limits.reportAfterDays)}</Fact>
              <Fact name={t('endpoint.frozenAfter')}>{format.integer(limits.freezeAfterDays)}</Fact>
            </Facts>
            {days.length === 0 ? (
              <QuietText>{t('endpoint.noCallers')}</QuietText>
            ) : (
              <DataTable
                label={t('endpoint.sandbox')}
                rows={days}
                rowKey={(day) => day.day}
                columns={[
                  { key: 'day', header: t('endpoint.day'), grow: true, cell: (day) => day.day },
                  {
                    key: 'callers',
                    header: t('endpoint.callers'),
                    align: 'right',
                    cell: (day) => format.integer(day.callers),
                  },
                ]}
              />
            )}
          </>
        )}
      </Answered>
    </Panel>
  );
}
