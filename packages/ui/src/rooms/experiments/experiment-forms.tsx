import { Button, Checkbox, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Experiment = ListItem<'tracking', 'listExperiments'>;

interface NewExperimentFormProps {
  /** The one that is looked at. */
  readonly project: string | undefined;
  readonly onDone: () => void;
}

/** Asks for the name of a new experiment, and what it is about. */
export function NewExperimentForm({ project, onDone }: NewExperimentFormProps) {
  const { t } = useMessages();
  const create = useAction('tracking', 'createExperiment');
  return (
    <WordsForm
      name=""
      note=""
      sayable={t('experiments.new')}
      isPending={create.isPending}
      error={create.error}
      onSay={(words) =>
        create.mutate(
          { body: { ...words, ...(project === undefined ? {} : { project }) } },
          { onSuccess: onDone },
        )
      }
    />
  );
}

interface EditExperimentFormProps {
  readonly experiment: Experiment;
  readonly onDone: () => void;
}

/** Changes the name and the note of an experiment. */
export function EditExperimentForm({ experiment: { id, name, note }, onDone }: EditExperimentFormProps) {
  const { t } = useMessages();
  const update = useAction('tracking', 'updateExperiment');
  return (
    <WordsForm
      name={name}
      note={note}
      sayable={t('action.save')}
      isPending={update.isPending}
      error={update.error}
      onSay={(body) => update.mutate({ params: { id }, body }, { onSuccess: onDone })}
    />
  );
}

/** Asks for consent to what cannot be taken back. */
export function PurgeExperimentForm({ experiment }: { readonly experiment: Experiment }) {
  const { t } = useMessages();
  const [sure, setSure] = useState(false);
  const purge = useAction('tracking', 'purgeExperiment');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        purge.mutate({ params: { id: experiment.id } });
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t('experiments.purgeHint')}</Text>
        <Checkbox
          label={t('experiments.purgeSure')}
          checked={sure}
          onChange={(event) => setSure(event.currentTarget.checked)}
        />
        {purge.error ? <ErrorNotice error={purge.error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" color="red" disabled={!sure} loading={purge.isPending}>
            {t('experiments.purgeDo')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface WordsFormProps {
  readonly name: string;
  readonly note: string;
  /** What its button says. */
  readonly sayable: string;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onSay: (words: { name: string; note: string }) => void;
}

function WordsForm({ name, note, sayable, isPending, error, onSay }: WordsFormProps) {
  const { t } = useMessages();
  const [draft, setDraft] = useState({ name, note });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSay({ name: draft.name.trim(), note: draft.note });
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t('word.name')}
          maxLength={500}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
          data-autofocus
        />
        <Textarea
          label={t('experiments.note')}
          autosize
          minRows={3}
          maxRows={16}
          maxLength={100_000}
          value={draft.note}
          onChange={(event) => setDraft({ ...draft, note: event.currentTarget.value })}
        />
        {error ? <ErrorNotice error={error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" loading={isPending} disabled={draft.name.trim() === ''}>
            {sayable}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
