import { HoldSubject } from '@esteira/contracts';
import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { subjectKindText } from './hold-subjects.tsx';

const kinds = HoldSubject.shape.kind.options;

/** Places a hold on one thing, with its reason. */
export function HoldForm() {
  const { t } = useMessages();
  const [kind, setKind] = useState<HoldSubject['kind']>('project');
  const [id, setId] = useState('');
  const [reason, setReason] = useState('');
  const place = useAction('governance', 'placeLegalHold');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const body = { reason: reason.trim(), subjects: [{ kind, id: id.trim() }] };
        const clear = (): void => {
          setId('');
          setReason('');
        };
        place.mutate({ body }, { onSuccess: clear });
      }}
    >
      <Group gap="xs" p="sm" align="flex-end">
        <NativeSelect
          label={t('holds.subjectKind')}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as HoldSubject['kind'])}
          data={kinds.map((value) => ({ value, label: subjectKindText(value, t) }))}
        />
        <TextInput
          label={t('holds.subjectId')}
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <TextInput
          label={t('retention.why')}
          value={reason}
          w={320}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button
          type="submit"
          loading={place.isPending}
          disabled={id.trim() === '' || reason.trim().length < 10}
        >
          {t('holds.place')}
        </Button>
      </Group>
      {place.error ? <ErrorNotice error={place.error} /> : null}
    </form>
  );
}
