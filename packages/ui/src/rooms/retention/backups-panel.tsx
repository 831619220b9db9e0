import { Button } from '@mantine/core';
import { useMay } from '../../api/session.tsx';
import { useAction, useAnswer, usePages } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TonedBadge } from '../../components/status-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';

const kind = 'installation.backup';

/** The archives of the whole installation, and how the last attempt to write one ended. */
export function BackupsPanel() {
  const { t, format } = useMessages();
  const mayRun = useMay('backups:run');
  const backups = useAnswer('installation', 'backups', {}, { every: () => 30_000 });
  const jobs = usePages(
    'jobs',
    'list',
    { query: { kind, limit: 1 } },
    { every: (items) => (items?.some(({ state }) => isUnderWay(state)) ? 1000 : 30_000) },
  );
  const start = useAction('installation', 'startBackup');
  const last = jobs.items?.[0];
  const configured = backups.data?.configured === true;
  return (
    <Panel
      title={t('backups.title')}
      hint={backups.data?.schedule ? t('backups.hint', { schedule: backups.data.schedule }) : null}
      flush
      actions={
        mayRun && configured ? (
          <Button
            loading={start.isPending || (last !== undefined && isUnderWay(last.state))}
            onClick={() => start.mutate({}, { onSuccess: () => jobs.retry() })}
          >
            {t('backups.start')}
          </Button>
        ) : null
      }
    >
      {start.error ? <ErrorNotice error={start.error} /> : null}
      {last?.state === 'failed' && last.error ? (
        <QuietText>{t('backups.failed', { what: last.error.what })}</QuietText>
      ) : null}
      <Answered query={backups}>
        {({ items, unreadable }) =>
          items.length + unreadable.length === 0 ? (
            <EmptyState
              title={t(configured ? 'backups.empty' : 'backups.unconfigured')}
              {...(configured
                ? {}
                : { hint: t('backups.unconfiguredHint'), command: commandLines.serveWithBackups })}
            />
          ) : (
            <DataTable
              label={t('backups.title')}
              rows={[...items, ...unreadable]}
              rowKey={({ name }) => name}
              columns={[
                {
                  key: 'verdict',
                  header: t('word.status'),
                  cell: (archive) =>
                    'problem' in archive || archive.damaged.length > 0 ? (
                      <TonedBadge tone="bad">{t('backups.damaged')}</TonedBadge>
                    ) : (
                      <TonedBadge tone="good">{t('backups.whole')}</TonedBadge>
                    ),
                },
                {
                  key: 'moment',
                  header: t('backups.moment'),
                  grow: true,
                  cell: (archive) =>
                    'problem' in archive ? archive.problem : <TimeText at={archive.snapshotAt} />,
                },
                {
                  key: 'name',
                  header: t('backups.archive'),
                  cell: ({ name }) => <span className="number">{name}</span>,
                },
                {
                  key: 'rows',
                  header: t('backups.rows'),
                  align: 'right',
                  cell: (archive) => ('problem' in archive ? '–' : format.integer(archive.rows)),
                },
                {
                  key: 'content',
                  header: t('backups.content'),
                  align: 'right',
                  cell: (archive) => ('problem' in archive ? '–' : format.bytes(archive.contentBytes)),
                },
              ]}
            />
          )
        }
      </Answered>
    </Panel>
  );
}

function isUnderWay(state: string): boolean {
  return state === 'queued' || state === 'running';
}
