import { Button, Group, Modal, SegmentedControl, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction, usePages } from '../../api/use-answer.ts';
import { Clamped } from '../../components/clamped.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { nodeTitle } from '../../components/node-kind.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { WindowText } from './window-text.tsx';

type Alert = ListItem<'monitoring', 'alerts'>;

/** Alerts with a button that takes a firing one in hand. */
export function AlertsPanel({ monitor }: { readonly monitor?: string }) {
  const { t } = useMessages();
  const mayAcknowledge = useMay('alerts:acknowledge');
  const [all, setAll] = useState(false);
  const [chosen, setChosen] = useState<Alert>();
  const pages = usePages(
    'monitoring',
    'alerts',
    { query: { ...(all ? {} : { state: 'open' }), ...(monitor ? { monitor } : {}) } },
    { every: () => 10_000 },
  );
  return (
    <Panel
      title={t('monitoring.alerts')}
      flush
      actions={
        <SegmentedControl
          value={all ? 'all' : 'open'}
          onChange={(value) => setAll(value === 'all')}
          data={[
            { value: 'open', label: t('monitoring.alertsOpen') },
            { value: 'all', label: t('monitoring.alertsAll') },
          ]}
        />
      }
    >
      <PagedTable
        label={t('monitoring.alerts')}
        pages={pages}
        empty={<QuietText>{t('monitoring.alertsNone')}</QuietText>}
        rowKey={(alert) => alert.id}
        columns={[
          {
            key: 'state',
            header: t('word.status'),
            cell: (alert) => <StatusBadge status={alert.state} />,
          },
          { key: 'signal', header: t('alert.signal'), cell: (alert) => t(`signal.${alert.signal}`) },
          {
            key: 'monitor',
            header: nodeTitle('monitor', t),
            cell: (alert) => <TextLink to={`/monitors/${alert.monitor}`}>{alert.monitor}</TextLink>,
          },
          {
            key: 'summary',
            header: t('alert.summary'),
            grow: true,
            cell: (alert) => <Summary alert={alert} />,
          },
          {
            key: 'window',
            header: t('alert.window'),
            cell: (alert) => <WindowText start={alert.windowStart} end={alert.windowEnd} />,
          },
          {
            key: 'since',
            header: t('alert.since'),
            cell: (alert) => <TimeText at={alert.firedAt ?? alert.openedAt} />,
          },
          {
            key: 'act',
            header: t('word.actions'),
            cell: (alert) =>
              mayAcknowledge && alert.state === 'firing' ? (
                <Button size="compact-xs" onClick={() => setChosen(alert)}>
                  {t('alert.acknowledge')}
                </Button>
              ) : null,
          },
        ]}
      />
      {chosen ? <Acknowledge alert={chosen} onClose={() => setChosen(undefined)} /> : null}
    </Panel>
  );
}

function Summary({ alert }: { readonly alert: Alert }) {
  const { t } = useMessages();
  return (
    <>
      <Clamped>{alert.summary}</Clamped>
      {alert.acknowledgedBy ? (
        <Text size="xs" c="dimmed">
          {t('alert.acknowledgedBy', { who: alert.acknowledgedBy, why: alert.acknowledgement ?? '' })}
        </Text>
      ) : null}
    </>
  );
}

function Acknowledge({ alert, onClose }: { readonly alert: Alert; readonly onClose: () => void }) {
  const { t } = useMessages();
  const [reason, setReason] = useState('');
  const acknowledge = useAction('monitoring', 'acknowledgeAlert');
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('alert.acknowledgeTitle')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <Stack gap="sm">
        <Text size="sm">{alert.summary}</Text>
        <Textarea
          label={t('word.reason')}
          description={t('alert.acknowledgeHint')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          minRows={2}
          autosize
          data-autofocus
        />
        {acknowledge.error ? <ErrorNotice error={acknowledge.error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button
            disabled={reason.trim() === ''}
            loading={acknowledge.isPending}
            onClick={() =>
              acknowledge.mutate(
                { params: { id: alert.id }, body: { reason: reason.trim() } },
                { onSuccess: onClose },
              )
            }
          >
            {t('alert.acknowledge')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
