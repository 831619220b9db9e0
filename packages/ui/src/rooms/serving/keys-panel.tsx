import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Who may ask the endpoint, and how fast. */
export function KeysPanel({ endpoint }: { readonly endpoint: string }) {
  const { t, format } = useMessages();
  const keys = useAnswer('serving', 'keys', { params: { name: endpoint } });
  return (
    <Panel title={t('endpoint.keys')} flush>
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
                { key: 'name', header: t('word.name'), grow: true, cell: (key) => key.name },
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
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  );
}
