import { Group, Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered, AnsweredPage } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { nodeTitle } from '../../components/node-kind.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { TonedBadge } from '../../components/status-badge.tsx';
import { toneOf } from '../../components/status-tone.ts';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { type Say, useMessages } from '../../messages/use-messages.tsx';
import { AlertsPanel } from './alerts-panel.tsx';
import { DriftMatrix } from './drift-matrix.tsx';
import { MonitorCharts } from './monitor-charts.tsx';
import { SignalBadges } from './signal-badges.tsx';

type Monitor = Answer<'monitoring', 'monitor'>;
type Charts = Answer<'monitoring', 'charts'>;

/** One monitor: drift by column, performance, latency and errors over its windows, and its alerts. */
export function MonitorPage() {
  const { name = '' } = useParams();
  const monitor = useAnswer('monitoring', 'monitor', { params: { name } }, { every: () => 15_000 });
  const charts = useAnswer(
    'monitoring',
    'charts',
    { params: { name }, query: { limit: 60 } },
    { every: () => 15_000 },
  );
  return (
    <AnsweredPage query={monitor}>
      {(answer) => (
        <>
          <MonitorHeader monitor={answer} />
          <AlertsPanel monitor={answer.name} />
          <Answered query={charts}>{(drawn) => <Windows monitor={answer} charts={drawn} />}</Answered>
        </>
      )}
    </AnsweredPage>
  );
}

function MonitorHeader({ monitor }: { readonly monitor: Monitor }) {
  const { t, format } = useMessages();
  return (
    <PageHeader
      title={monitor.name}
      path={[[t('monitoring.title'), '/monitoring']]}
      status={
        <Group gap={6}>
          {monitor.paused ? <TonedBadge tone="warn">{t('monitor.paused')}</TonedBadge> : null}
          <SignalBadges signals={monitor.signals} />
        </Group>
      }
    >
      {t('monitor.endpoint')} <TextLink to={`/endpoints/${monitor.endpoint}`}>{monitor.endpoint}</TextLink> ·{' '}
      {t('monitor.window')} {format.period(monitor.window)} · {t('monitor.route')} {monitor.route}
      {monitor.problem ? (
        <Text size="sm" c="var(--bad)">
          {t('monitor.problem', { problem: monitor.problem })}
        </Text>
      ) : null}
    </PageHeader>
  );
}

function Windows({ monitor, charts }: { readonly monitor: Monitor; readonly charts: Charts }) {
  const { t } = useMessages();
  if (charts.windows.length === 0) {
    return (
      <Panel>
        <EmptyState title={t('monitor.noWindows')} hint={t('monitor.noWindowsHint')} />
      </Panel>
    );
  }
  return (
    <>
      <DriftMatrix charts={charts} />
      <MonitorCharts charts={charts} />
      <Timeline charts={charts} />
      <Reference monitor={monitor} />
    </>
  );
}

function Timeline({ charts }: { readonly charts: Charts }) {
  const { t } = useMessages();
  if (charts.transitions.length === 0) return null;
  return (
    <Panel title={t('monitor.timeline')} flush>
      <DataTable
        label={t('monitor.timeline')}
        rows={[...charts.transitions].reverse()}
        rowKey={(transition) => `${transition.alertId} ${transition.at} ${transition.to}`}
        columns={[
          { key: 'signal', header: t('alert.signal'), cell: (row) => t(`signal.${row.signal}`) },
          {
            key: 'states',
            header: t('monitor.change'),
            cell: (row) => (
              <>
                {stateText(row.from, t)} →{' '}
                <TonedBadge tone={toneOf(row.to)}>{stateText(row.to, t)}</TonedBadge>
              </>
            ),
          },
          { key: 'reason', header: t('word.reason'), grow: true, cell: (row) => row.reason },
          { key: 'at', header: t('word.when'), cell: (row) => <TimeText at={row.at} /> },
        ]}
      />
    </Panel>
  );
}

function Reference({ monitor }: { readonly monitor: Monitor }) {
  const { t } = useMessages();
  const { splitId, versionId, part } = monitor.reference;
  const { profile } = monitor;
  return (
    <Panel title={t('monitor.reference')}>
      <Facts>
        <Fact name={nodeTitle('split', t)}>
          {splitId ? (
            <>
              <TextLink to={`/splits/${splitId}`}>{splitId}</TextLink> {t(`split.part.${part}`)}
            </>
          ) : null}
        </Fact>
        <Fact name={nodeTitle('dataset-version', t)}>
          {versionId ? <TextLink to={`/dataset-versions/${versionId}`}>{versionId}</TextLink> : null}
        </Fact>
        <Fact name={t('word.rows')}>
          {profile ? t('monitor.referenceRows', { rows: profile.rows, chunks: profile.chunks }) : null}
        </Fact>
        <Fact name={nodeTitle('model-version', t)}>
          {profile?.modelVersionId ? (
            <TextLink to={`/model-versions/${profile.modelVersionId}`}>{profile.modelVersionId}</TextLink>
          ) : null}
        </Fact>
      </Facts>
    </Panel>
  );
}

const alertStates = ['ok', 'pending', 'firing', 'acknowledged', 'resolved'] as const;

function stateText(state: string, t: Say): string {
  const known = alertStates.find((candidate) => candidate === state);
  return known ? t(`status.${known}`) : state;
}
