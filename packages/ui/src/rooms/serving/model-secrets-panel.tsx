import { Button, Group, PasswordInput, TextInput } from '@mantine/core';
import { type ChangeEvent, type FormEvent, useState } from 'react';
import { useMay } from '../../api/session.tsx';
import { useAction, usePages } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** What remote models are asked with: names and servers are shown, a value is set and never shown again. */
export function ModelSecretsPanel() {
  const { t } = useMessages();
  const mayWrite = useMay('serving:write');
  const pages = usePages('serving', 'modelSecrets', { query: { limit: 50 } });
  const remove = useAction('serving', 'deleteModelSecret');
  return (
    <Panel title={t('secrets.title')} hint={t('secrets.hint')} flush>
      {mayWrite ? <SecretForm /> : null}
      {remove.error ? <ErrorNotice error={remove.error} /> : null}
      <PagedTable
        label={t('secrets.title')}
        pages={pages}
        empty={<QuietText>{t('secrets.empty')}</QuietText>}
        rowKey={({ name }) => name}
        columns={[
          { key: 'name', header: t('word.name'), cell: ({ name }) => name },
          {
            key: 'origin',
            header: t('secrets.origin'),
            grow: true,
            cell: ({ origin }) => <span className="mono">{origin}</span>,
          },
          { key: 'by', header: t('word.createdBy'), cell: ({ createdBy }) => <Person id={createdBy} /> },
          { key: 'at', header: t('word.when'), cell: ({ createdAt }) => <TimeText at={createdAt} /> },
          ...(mayWrite ? [{ key: 'actions', header: t('word.actions'), cell: removalOf }] : []),
        ]}
      />
    </Panel>
  );

  function removalOf({ name }: { readonly name: string }) {
    return (
      <Button
        size="compact-xs"
        variant="default"
        aria-label={t('secrets.removeNamed', { name })}
        onClick={() => remove.mutate({ params: { name } })}
      >
        {t('secrets.remove')}
      </Button>
    );
  }
}

const emptyEntry = { name: '', origin: '', value: '' };

function SecretForm() {
  const { t } = useMessages();
  const [entry, setEntry] = useState(emptyEntry);
  const put = useAction('serving', 'putModelSecret');

  function submit(event: FormEvent): void {
    event.preventDefault();
    const { name, origin, value } = entry;
    const body = { origin: origin.trim(), value: value.trim() };
    put.mutate({ params: { name: name.trim() }, body }, { onSuccess: () => setEntry(emptyEntry) });
  }

  function field(key: keyof typeof emptyEntry) {
    return {
      value: entry[key],
      onChange({ currentTarget: { value } }: ChangeEvent<HTMLInputElement>) {
        setEntry((before) => ({ ...before, [key]: value }));
      },
    };
  }

  return (
    <form onSubmit={submit} aria-label={t('secrets.set')} autoComplete="off">
      <Group gap="xs" p="sm" align="flex-end">
        <TextInput label={t('word.name')} {...field('name')} />
        <TextInput
          label={t('secrets.origin')}
          placeholder="https://models.example.com"
          w={260}
          {...field('origin')}
        />
        <PasswordInput label={t('secrets.value')} autoComplete="new-password" w={200} {...field('value')} />
        <Button
          type="submit"
          loading={put.isPending}
          disabled={Object.values(entry).some((text) => text.trim() === '')}
        >
          {t('secrets.set')}
        </Button>
      </Group>
      {put.error ? <ErrorNotice error={put.error} /> : null}
    </form>
  );
}
