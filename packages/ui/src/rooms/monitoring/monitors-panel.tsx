import type { Monitor } from '@esteira/contracts';
import { Group } from '@mantine/core';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Panel } from '../../components/panel.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { SignalBadges } from './signal-badges.tsx';
import { WindowText } from './window-text.tsx';

/** Monitors with the state of their signals. */
export function MonitorsPanel() {
  const { t } = useMessages();
  const monitors = useAnswer('monitoring', 'monitors', { query: {} }, { every: () => 15_000 });
  return (
    <Panel title={t('monitoring.monitors')} flush>
      <Answered query={monitors} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t('monitoring.monitorsEmpty')}
              hint={t('monitoring.monitorsEmptyHint')}
              command={commandLines.putMonitor}
            />
          ) : (
            <MonitorTable monitors={items} />
          )
        }
      </Answered>
    </Panel>
  );
}

function MonitorTable({ monitors }: { readonly monitors: readonly Monitor[] }) {
  const { t, format } = useMessages();
  return (
    <DataTable
      label={t('monitoring.monitors')}
      rows={monitors}
      rowKey={(monitor) => monitor.name}
      columns={[
        {
          key: 'name',
          header: t('word.name'),
          cell: (monitor) => <TextLink to={`/monitors/${monitor.name}`}>{monitor.name}</TextLink>,
        },
        {
          key: 'endpoint',
          header: t('monitor.endpoint'),
          cell: (monitor) => <TextLink to={`/endpoints/${monitor.endpoint}`}>{monitor.endpoint}</TextLink>,
        },
        {
          key: 'signals',
          header: t('monitor.signals'),
          grow: true,
          cell: (monitor) => (
            <Group gap={6}>
              <SignalBadges signals={monitor.signals} />
            </Group>
          ),
        },
        {
          key: 'window',
          header: t('monitor.window'),
          cell: (monitor) => format.period(monitor.window),
        },
        {
          key: 'last',
          header: t('monitor.lastWindow'),
          cell: ({ lastWindow }) => (
            <WindowText start={lastWindow?.start ?? null} end={lastWindow?.end ?? null} />
          ),
        },
      ]}
    />
  );
}
