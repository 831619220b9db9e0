import { Button, Group, NativeSelect, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useNavigate } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { type IssueSeverity, issueSeverities } from './issue-badges.tsx';

type Issue = Answer<'llm', 'getIssue'>;

interface Words {
  readonly name: string;
  readonly description: string;
  /** One on each line. */
  readonly rootCauses: string;
  readonly categories: string;
}

interface NewIssueFormProps {
  /** Experiments it may belong to. */
  readonly experiments: readonly { readonly id: string; readonly name: string }[];
  /** The one that is looked at; empty when it is none. */
  readonly experiment: string;
  readonly onMade: (id: string) => void;
}

/** Asks what goes wrong, of which experiment, and how bad it is. */
export function NewIssueForm({ experiments, experiment, onMade }: NewIssueFormProps) {
  const { t } = useMessages();
  const [chosen, setChosen] = useState(experiment);
  const [severity, setSeverity] = useState<IssueSeverity>();
  const create = useAction('llm', 'createIssue');
  return (
    <WordsForm
      words={{ name: '', description: '', rootCauses: '', categories: '' }}
      isReady={chosen !== ''}
      sayable={t('issues.new')}
      isPending={create.isPending}
      error={create.error}
      onSay={(words) =>
        create.mutate(
          { body: { ...words, experiment: chosen, ...(severity === undefined ? {} : { severity }) } },
          { onSuccess: ({ id }) => onMade(id) },
        )
      }
    >
      <NativeSelect
        label={t('issues.experiment')}
        value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)}
        data={[
          { value: '', label: t('issues.chooseExperiment') },
          ...experiments.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <SeveritySelect value={severity} onChange={setSeverity} />
    </WordsForm>
  );
}

/** Changes the words of an issue. */
export function EditIssueForm({ issue, onDone }: { readonly issue: Issue; readonly onDone: () => void }) {
  const { t } = useMessages();
  const change = useAction('llm', 'changeIssue');
  return (
    <WordsForm
      words={{
        name: issue.name,
        description: issue.description,
        rootCauses: issue.rootCauses.join('\n'),
        categories: issue.categories.join('\n'),
      }}
      isReady
      sayable={t('action.save')}
      isPending={change.isPending}
      error={change.error}
      onSay={(body) => change.mutate({ params: { id: issue.id }, body }, { onSuccess: onDone })}
    />
  );
}

/** Asks for consent to what cannot be taken back. */
export function DeleteIssueForm({ issue }: { readonly issue: Issue }) {
  const { t, format } = useMessages();
  const navigate = useNavigate();
  const remove = useAction('llm', 'deleteIssue');
  return (
    <Stack gap="sm">
      <Text size="sm">{t('issues.deleteHint', { count: format.number(issue.traces) })}</Text>
      {remove.error ? <ErrorNotice error={remove.error} /> : null}
      <Group justify="flex-end">
        <Button
          color="red"
          loading={remove.isPending}
          onClick={() =>
            remove.mutate({ params: { id: issue.id } }, { onSuccess: () => navigate('/issues') })
          }
        >
          {t('issues.delete')}
        </Button>
      </Group>
    </Stack>
  );
}

interface SeveritySelectProps {
  readonly value: IssueSeverity | undefined;
  readonly onChange: (severity: IssueSeverity | undefined) => void;
  readonly disabled?: boolean;
}

/** How bad an issue is, or that nobody has judged it. */
export function SeveritySelect({ value, onChange, disabled = false }: SeveritySelectProps) {
  const { t } = useMessages();
  return (
    <NativeSelect
      label={t('issues.severity')}
      value={value ?? ''}
      disabled={disabled}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        onChange(issueSeverities.find((severity) => severity === chosen));
      }}
      data={[
        { value: '', label: t('issueSeverity.none') },
        ...issueSeverities.map((severity) => ({ value: severity, label: t(`issueSeverity.${severity}`) })),
      ]}
    />
  );
}

interface WordsFormProps {
  readonly words: Words;
  readonly isReady: boolean;
  /** What its button says. */
  readonly sayable: string;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onSay: (words: {
    name: string;
    description: string;
    rootCauses: string[];
    categories: string[];
  }) => void;
  readonly children?: ReactNode;
}

function WordsForm({ words, isReady, sayable, isPending, error, onSay, children }: WordsFormProps) {
  const { t } = useMessages();
  const [draft, setDraft] = useState(words);
  const set = (change: Partial<Words>): void => setDraft((before) => ({ ...before, ...change }));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const { name, description, rootCauses, categories } = draft;
        onSay({
          name: name.trim(),
          description,
          rootCauses: linesOf(rootCauses),
          categories: linesOf(categories),
        });
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t('word.name')}
          maxLength={250}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          data-autofocus
        />
        {children}
        <Textarea
          label={t('word.description')}
          description={t('issues.descriptionHint')}
          autosize
          minRows={3}
          maxRows={16}
          maxLength={50_000}
          value={draft.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
        <Textarea
          label={t('issues.rootCauses')}
          description={t('issues.linesHint')}
          autosize
          minRows={2}
          maxRows={8}
          value={draft.rootCauses}
          onChange={(event) => set({ rootCauses: event.currentTarget.value })}
        />
        <Textarea
          label={t('issues.categories')}
          description={t('issues.linesHint')}
          autosize
          minRows={2}
          maxRows={8}
          value={draft.categories}
          onChange={(event) => set({ categories: event.currentTarget.value })}
        />
        {error ? <ErrorNotice error={error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" loading={isPending} disabled={!isReady || draft.name.trim() === ''}>
            {sayable}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
