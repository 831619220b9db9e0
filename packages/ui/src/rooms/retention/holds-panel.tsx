import { Button, Group, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useMay, useSession } from '../../api/session.tsx';
import { useAction, usePages } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TonedBadge } from '../../components/status-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { HoldSubjects } from './hold-subjects.tsx';

type Hold = ListItem<'governance', 'legalHolds'>;

/** Holds, newest first, with a way to release those of others. */
export function HoldsPanel({ form }: { readonly form: ReactNode }) {
  const { t } = useMessages();
  const pages = usePages('governance', 'legalHolds', { query: {} });
  return (
    <Panel title={t('holds.title')} hint={t('holds.hint')} flush>
      {form}
      <PagedTable
        label={t('holds.title')}
        pages={pages}
        empty={<QuietText>{t('holds.empty')}</QuietText>}
        rowKey={(hold) => hold.id}
        columns={[
          {
            key: 'covers',
            header: t('holds.covers'),
            cell: ({ subjects }) => <HoldSubjects subjects={subjects} />,
          },
          { key: 'reason', header: t('word.reason'), grow: true, cell: ({ reason }) => reason },
          { key: 'by', header: t('holds.placedBy'), cell: ({ placedBy }) => <Person id={placedBy} /> },
          { key: 'at', header: t('word.when'), cell: ({ placedAt }) => <TimeText at={placedAt} /> },
          {
            key: 'state',
            header: t('word.status'),
            cell: ({ releasedAt }) => (
              <TonedBadge tone={releasedAt === null ? 'warn' : 'idle'}>
                {t(releasedAt === null ? 'holds.active' : 'holds.released')}
              </TonedBadge>
            ),
          },
          { key: 'release', header: t('word.actions'), cell: (hold) => <Release hold={hold} /> },
        ]}
      />
    </Panel>
  );
}

function Release({ hold }: { readonly hold: Hold }) {
  const { t } = useMessages();
  const { me } = useSession();
  const mayManage = useMay('holds:manage');
  const release = useAction('governance', 'releaseLegalHold');
  const [reason, setReason] = useState<string>();
  if (!mayManage || hold.releasedAt !== null || hold.placedBy === me.id) return null;
  if (reason === undefined) {
    return (
      <Button size="compact-xs" variant="default" onClick={() => setReason('')}>
        {t('holds.release')}
      </Button>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        release.mutate({ params: { id: hold.id }, body: { reason: reason.trim() } });
      }}
    >
      <Group gap={4} wrap="nowrap">
        <TextInput
          aria-label={t('retention.why')}
          placeholder={t('retention.why')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" disabled={reason.trim().length < 10} loading={release.isPending}>
          {t('holds.release')}
        </Button>
      </Group>
      {release.error ? <ErrorNotice error={release.error} /> : null}
    </form>
  );
}
