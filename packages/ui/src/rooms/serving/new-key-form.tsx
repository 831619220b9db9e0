import { Alert, Button, Code, Group, NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAction } from '../../api/use-answer.ts';
import { CopyAction } from '../../components/command-line.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Makes an inference key of an endpoint, and shows it once. */
export function NewKeyForm({ endpoint }: { readonly endpoint: string }) {
  const { t } = useMessages();
  const [name, setName] = useState('');
  const [rate, setRate] = useState<number | string>(100);
  const [quota, setQuota] = useState<number | string>('');
  const create = useAction('serving', 'createKey');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const requestsPerSecond = Number(rate);
        const body = {
          name: name.trim(),
          requestsPerSecond,
          burst: Math.max(1, Math.ceil(2 * requestsPerSecond)),
          ...(quota === '' ? {} : { quotaPerDay: Number(quota) }),
        };
        create.mutate({ params: { name: endpoint }, body }, { onSuccess: () => setName('') });
      }}
    >
      <Group gap="xs" p="sm" align="flex-end">
        <TextInput
          label={t('endpoint.keyName')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NumberInput label={t('endpoint.rate')} value={rate} onChange={setRate} min={1} w={190} />
        <NumberInput label={t('endpoint.quota')} value={quota} onChange={setQuota} min={1} w={130} />
        <Button type="submit" loading={create.isPending} disabled={name.trim() === '' || !(Number(rate) > 0)}>
          {t('endpoint.newKey')}
        </Button>
      </Group>
      {create.error ? <ErrorNotice error={create.error} /> : null}
      {create.data ? <KeySecret secret={create.data.key} /> : null}
    </form>
  );
}

/** A key that was made a moment ago, to be copied. */
export function KeySecret({ secret }: { readonly secret: string }) {
  const { t } = useMessages();
  return (
    <Alert m="sm" color="petrol" variant="light" title={t('endpoint.keySecret')}>
      <Group gap={4} wrap="nowrap">
        <Code className="wrap-anywhere">{secret}</Code>
        <CopyAction text={secret} />
      </Group>
    </Alert>
  );
}
