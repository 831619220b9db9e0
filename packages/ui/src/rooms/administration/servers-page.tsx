import { Tooltip } from '@mantine/core';
import type { ListItem } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { shortId } from '../../components/short-id.ts';
import { TonedBadge } from '../../components/status-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Server = ListItem<'installation', 'replicas'>;

/** From here on the servers themselves warn. */
const clockOffMs = 5_000;

const works: Readonly<Record<string, 'servers.work.audit' | 'servers.work.events'>> = {
  audit: 'servers.work.audit',
  events: 'servers.work.events',
};

/** The servers of the installation: who runs, since when, and which does what is done by one for all. */
export function ServersPage() {
  const { t, format } = useMessages();
  const servers = useAnswer('installation', 'replicas', {}, { every: () => 5_000 });
  return (
    <>
      <PageHeader title={t('servers.title')}>{t('servers.lead')}</PageHeader>
      <Panel flush>
        <Answered query={servers}>
          {({ items }) => (
            <DataTable
              label={t('servers.title')}
              rows={items}
              rowKey={({ id }) => id}
              columns={[
                { key: 'server', header: t('servers.server'), cell: serverName },
                { key: 'state', header: t('word.status'), cell: stateBadge },
                { key: 'version', header: t('word.version'), cell: ({ version }) => version },
                {
                  key: 'started',
                  header: t('word.started'),
                  cell: ({ startedAt }) => <TimeText at={startedAt} />,
                },
                {
                  key: 'seen',
                  header: t('servers.seen'),
                  cell: ({ lastSeenAt }) => <TimeText at={lastSeenAt} />,
                },
                { key: 'works', header: t('servers.works'), grow: true, cell: worksOf },
                {
                  key: 'clock',
                  header: t('servers.clock'),
                  align: 'right',
                  cell: ({ clockOffsetMs }) =>
                    Math.abs(clockOffsetMs) < clockOffMs ? (
                      format.duration(Math.abs(clockOffsetMs))
                    ) : (
                      <TonedBadge tone="warn">{format.duration(Math.abs(clockOffsetMs))}</TonedBadge>
                    ),
                },
              ]}
            />
          )}
        </Answered>
      </Panel>
    </>
  );

  /** A machine may have several, each with a data directory of its own. */
  function serverName({ host, id }: Server) {
    return (
      <>
        {host}{' '}
        <Tooltip label={id}>
          <span className="faint number">{shortId(id)}</span>
        </Tooltip>
      </>
    );
  }

  function stateBadge({ alive, answering }: Server) {
    if (!alive) return <TonedBadge tone="bad">{t('servers.silent')}</TonedBadge>;
    return <TonedBadge tone="good">{t(answering ? 'servers.answering' : 'servers.alive')}</TonedBadge>;
  }

  function worksOf({ leases }: Server) {
    if (leases.length === 0) return <span className="faint">–</span>;
    return leases
      .map((name) => {
        const known = works[name];
        return known === undefined ? name : t(known);
      })
      .join(', ');
  }
}
