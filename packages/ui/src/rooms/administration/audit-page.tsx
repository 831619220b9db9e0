import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { usePages } from '../../api/use-answer.ts';
import { JsonLine } from '../../components/json-view.tsx';
import { nodeAddress } from '../../components/node-address.ts';
import { kindText } from '../../components/node-kind.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { IdText, TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { AuditVerdict } from './audit-verdict.tsx';

type Entry = ListItem<'governance', 'listAudit'>;

/** The audit log, newest first, and the proof that nobody has edited it. */
export function AuditPage() {
  const { t, format } = useMessages();
  const [draft, setDraft] = useState('');
  const [action, setAction] = useState('');
  const [verifying, setVerifying] = useState(0);
  const pages = usePages('governance', 'listAudit', { query: { limit: 100, ...(action ? { action } : {}) } });
  return (
    <>
      <PageHeader
        title={t('audit.title')}
        actions={<Button onClick={() => setVerifying((times) => times + 1)}>{t('audit.verify')}</Button>}
      >
        {t('audit.lead')}
      </PageHeader>
      {verifying > 0 ? <AuditVerdict key={verifying} /> : null}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAction(draft.trim());
        }}
      >
        <TextInput
          mb="sm"
          maw={420}
          aria-label={t('audit.action')}
          placeholder={t('audit.filterAction')}
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={() => setAction(draft.trim())}
        />
      </form>
      <Panel flush>
        <PagedTable
          label={t('audit.title')}
          pages={pages}
          empty={<QuietText>{t('audit.empty')}</QuietText>}
          rowKey={(entry) => entry.id}
          columns={[
            {
              key: 'index',
              header: '#',
              align: 'right',
              cell: (entry) => (entry.index === undefined ? '…' : format.integer(entry.index)),
            },
            { key: 'at', header: t('word.when'), cell: (entry) => <TimeText at={entry.at} /> },
            {
              key: 'actor',
              header: t('audit.actor'),
              cell: (entry) =>
                entry.actor.kind === 'system' ? (
                  <span className="faint">{t('audit.system')}</span>
                ) : (
                  <Person id={entry.actor.id} />
                ),
            },
            {
              key: 'action',
              header: t('audit.action'),
              cell: (entry) => <span className="mono">{entry.action}</span>,
            },
            { key: 'subject', header: t('audit.subject'), cell: (entry) => <Subject entry={entry} /> },
            {
              key: 'details',
              header: t('word.details'),
              grow: true,
              cell: (entry) => <JsonLine value={entry.details} />,
            },
          ]}
        />
      </Panel>
    </>
  );
}

function Subject({ entry }: { readonly entry: Entry }) {
  const { t } = useMessages();
  const { kind, id } = entry.subject;
  const address = nodeAddress({ kind, id });
  return (
    <span>
      {kindText(kind, t)} {address ? <TextLink to={address}>{id}</TextLink> : <IdText id={id} />}
    </span>
  );
}
