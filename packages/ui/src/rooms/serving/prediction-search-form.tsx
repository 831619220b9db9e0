import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMessages } from '../../messages/use-messages.tsx';

/** Which predictions of the log; nothing: the newest. */
export interface PredictionSearch {
  readonly predictionId?: string;
  readonly entityKey?: string;
  /** In ms, in [from, to). */
  readonly from?: number;
  readonly to?: number;
}

/** Asks for a prediction by its id or that of its request, by entity and by time, which is the reader's own. */
export function PredictionSearchForm({
  onSearch,
}: {
  readonly onSearch: (search: PredictionSearch) => void;
}) {
  const { t } = useMessages();
  const [id, setId] = useState('');
  const [entity, setEntity] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSearch({
          ...(id.trim() === '' ? {} : { predictionId: id.trim() }),
          ...(entity.trim() === '' ? {} : { entityKey: entity.trim() }),
          ...(from === '' ? {} : { from: Date.parse(from) }),
          ...(to === '' ? {} : { to: Date.parse(to) }),
        });
      }}
    >
      <Group gap="xs" p="sm">
        <TextInput
          aria-label={t('endpoint.predictionId')}
          placeholder={t('endpoint.predictionId')}
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <TextInput
          aria-label={t('endpoint.entity')}
          placeholder={t('endpoint.entity')}
          value={entity}
          onChange={(event) => setEntity(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          aria-label={t('endpoint.from')}
          title={t('endpoint.from')}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          aria-label={t('endpoint.before')}
          title={t('endpoint.before')}
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        <Button type="submit" variant="default">
          {t('endpoint.find')}
        </Button>
      </Group>
    </form>
  );
}
