import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useMay, useSession } from '../../api/session.tsx';
import { useAction } from '../../api/use-answer.ts';
import { DigestText } from '../../components/digest-text.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Change = Answer<'governance', 'change'>;

/** Who has consented to this very plan, and the buttons to do so. */
export function ConsentPanel({ change }: { readonly change: Change }) {
  const { t } = useMessages();
  return (
    <Panel
      title={t('change.consent')}
      actions={
        <Text size="xs" c="dimmed" component="div">
          {t('changes.approvalsOf', { given: change.approvalsGiven, required: change.approvalsRequired })} ·{' '}
          <DigestText digest={change.digest} />
        </Text>
      }
    >
      <Stack gap="xs">
        {change.approvals.map((approval) => (
          <Group key={`${approval.approver} ${approval.at}`} gap="sm" align="flex-start" wrap="nowrap">
            <StatusBadge status={approval.decision} />
            <Text size="sm">
              <b>
                <Person id={approval.approver} />
              </b>{' '}
              <TimeText at={approval.at} />{' '}
              {approval.current ? null : <span className="faint">{t('change.stale')}</span>}{' '}
              {approval.comment}
            </Text>
          </Group>
        ))}
        {change.approvals.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t(change.approvalsRequired === 0 ? 'change.notNeeded' : 'change.none')}
          </Text>
        ) : null}
        {change.state === 'awaiting-approval' ? <Decision change={change} /> : null}
      </Stack>
    </Panel>
  );
}

function Decision({ change }: { readonly change: Change }) {
  const { t } = useMessages();
  const { me } = useSession();
  const mayApprove = useMay('changes:approve');
  const [comment, setComment] = useState('');
  const approve = useAction('governance', 'approveChange');
  const reject = useAction('governance', 'rejectChange');
  if (!mayApprove) return null;
  if (me.id === change.requestedBy || me.name === change.requestedBy) {
    return <Text size="sm">{t('change.ownRequest')}</Text>;
  }
  const params = { id: change.id };
  const error = approve.error ?? reject.error;
  return (
    <Stack gap={6}>
      <Text size="xs" c="dimmed">
        {t('change.consentHint')}
      </Text>
      <Textarea
        aria-label={t('word.comment')}
        placeholder={t('word.comment')}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        autosize
        minRows={2}
      />
      {error ? <ErrorNotice error={error} /> : null}
      <Group gap="xs">
        <Button
          loading={approve.isPending}
          onClick={() => approve.mutate({ params, body: { digest: change.digest, comment } })}
        >
          {t('change.approve')}
        </Button>
        <Button
          variant="default"
          loading={reject.isPending}
          onClick={() => reject.mutate({ params, body: { comment } })}
        >
          {t('change.reject')}
        </Button>
      </Group>
    </Stack>
  );
}
