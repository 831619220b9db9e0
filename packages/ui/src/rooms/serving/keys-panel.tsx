import { Button, Group } from '@mantine/core';
import type { ListItem } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction, useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { KeySecret, NewKeyForm } from './new-key-form.tsx';

/** Who may ask the endpoint, and how fast; keys are made, replaced and revoked here. */
export function KeysPanel({ endpoint }: { readonly endpoint: string }) {
  const { t, format } = useMessages();
  const mayWrite = useMay('serving:write');
  const keys = useAnswer('serving', 'keys', { params: { name: endpoint } });
  const rotate = useAction('serving', 'rotateKey');
  const revoke = useAction('serving', 'revokeKey');
  const error = rotate.error ?? revoke.error;
  return (
    <Panel title={t('endpoint.keys')} flush>
      {mayWrite ? <NewKeyForm endpoint={endpoint} /> : null}
      {error ? <ErrorNotice error={error} /> : null}
      {rotate.data ? <KeySecret secret={rotate.data.key} /> : null}
      <Answered query={keys} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <QuietText>{t('endpoint.keysEmpty')}</QuietText>
          ) : (
            <DataTable
              label={t('endpoint.keys')}
              rows={items}
              rowKey={(key) => key.id}
              columns={[
                { key: 'name', header: t('word.name'), cell: (key) => key.name },
                {
                  key: 'rate',
                  header: t('endpoint.rate'),
                  align: 'right',
                  cell: (key) => format.number(key.requestsPerSecond),
                },
                {
                  key: 'burst',
                  header: t('endpoint.burst'),
                  align: 'right',
                  cell: (key) => format.integer(key.burst),
                },
                {
                  key: 'quota',
                  header: t('endpoint.quota'),
                  align: 'right',
                  cell: (key) => (key.quotaPerDay === null ? '–' : format.integer(key.quotaPerDay)),
                },
                {
                  key: 'left',
                  header: t('endpoint.quotaLeft'),
                  align: 'right',
                  cell: (key) => (key.quotaLeft === null ? '–' : format.integer(key.quotaLeft)),
                },
                {
                  key: 'allows',
                  header: t('endpoint.allows'),
                  cell: (key) => (key.permissions.length === 0 ? '–' : key.permissions.join(', ')),
                },
                {
                  key: 'used',
                  header: t('endpoint.lastUsed'),
                  cell: (key) =>
                    key.lastUsedAt === null ? t('word.never') : <TimeText at={key.lastUsedAt} />,
                },
                {
                  key: 'expires',
                  header: t('endpoint.expires'),
                  cell: (key) => (key.expiresAt === null ? t('word.never') : <TimeText at={key.expiresAt} />),
                },
                ...(mayWrite ? [{ key: 'actions', header: t('word.actions'), cell: actionsOf }] : []),
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  );

  function actionsOf(key: ListItem<'serving', 'keys'>) {
    return (
      <Group gap="xs" wrap="nowrap">
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => rotate.mutate({ params: { id: key.id }, body: {} })}
        >
          {t('endpoint.rotate')}
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => revoke.mutate({ params: { name: endpoint, id: key.id } })}
        >
          {t('endpoint.revoke')}
        </Button>
      </Group>
    );
  }
}
