import { type RetentionKind, retentionKinds } from '@esteira/contracts';
import { ApiError } from '@esteira/sdk';
import { Alert, Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Sets the retention of a kind; where that takes a change, requests it with a reason. */
export function PolicyForm() {
  const { t } = useMessages();
  const [kind, setKind] = useState<RetentionKind>('datasets');
  const [project, setProject] = useState('');
  const [days, setDays] = useState('');
  const [reason, setReason] = useState('');
  const put = useAction('governance', 'putRetentionPolicy');
  const request = useAction('governance', 'requestChange');
  const needsChange = put.error instanceof ApiError && put.error.code === 'RETENTION_NEEDS_CHANGE';
  const isNumber = days.trim() === '' || /^[1-9]\d{0,4}$/.test(days.trim());
  return (
    <form onSubmit={submit}>
      <Group gap="xs" p="sm" align="flex-end">
        <NativeSelect
          label={t('word.kind')}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as RetentionKind)}
          data={retentionKinds.map((value) => ({ value, label: t(`retention.kind.${value}`) }))}
        />
        <TextInput
          label={t('retention.projectField')}
          value={project}
          onChange={(event) => setProject(event.currentTarget.value)}
        />
        <TextInput
          label={t('retention.daysField')}
          value={days}
          inputMode="numeric"
          error={!isNumber}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        {needsChange ? (
          <TextInput
            label={t('retention.why')}
            value={reason}
            w={320}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        ) : null}
        <Button
          type="submit"
          loading={put.isPending || request.isPending}
          disabled={!isNumber || (needsChange && reason.trim().length < 10)}
        >
          {t(needsChange ? 'retention.request' : 'retention.set')}
        </Button>
      </Group>
      {put.error ? <ErrorNotice error={put.error} /> : null}
      {request.error ? <ErrorNotice error={request.error} /> : null}
      {request.data ? (
        <Alert m="sm" color="petrol" variant="light">
          <TextLink to={`/changes/${request.data.id}`}>{t('retention.requested')}</TextLink>
        </Alert>
      ) : null}
    </form>
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    const named = project.trim();
    const body = {
      project: named === '' ? null : named,
      days: days.trim() === '' ? null : Number(days.trim()),
    };
    if (!needsChange) {
      request.reset();
      put.mutate({ params: { kind }, body });
      return;
    }
    const subject = { kind, ...body, reason: reason.trim(), asOf: Date.now() };
    request.mutate({ body: { kind: 'retention.shorten', subject } }, { onSuccess: () => put.reset() });
  }
}
