import { Button, Group, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Markdown } from '../../components/markdown/markdown.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** What a run is about, in Markdown. MLflow's clients know it as the tag `mlflow.note.content`. */
export function RunNote({ run }: { readonly run: Answer<'tracking', 'getRun'> }) {
  const { t } = useMessages();
  const mayWrite = useMay('tracking:write') && run.deletedAt === undefined;
  const [draft, setDraft] = useState<string>();
  const update = useAction('tracking', 'updateRun');
  return (
    <Panel
      title={t('note.title')}
      actions={
        mayWrite && draft === undefined ? (
          <Button size="compact-xs" variant="subtle" onClick={() => setDraft(run.note)}>
            {t('note.edit')}
          </Button>
        ) : null
      }
    >
      {draft === undefined ? (
        <ShownNote note={run.note} />
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            update.mutate(
              { params: { id: run.id }, body: { note: draft } },
              { onSuccess: () => setDraft(undefined) },
            );
          }}
        >
          <Textarea
            aria-label={t('note.text')}
            description={t('comments.hint')}
            autosize
            minRows={4}
            maxRows={24}
            maxLength={100_000}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
            data-autofocus
          />
          {update.error ? <ErrorNotice error={update.error} /> : null}
          <Group gap="xs" mt="xs">
            <Button type="submit" size="xs" loading={update.isPending}>
              {t('action.save')}
            </Button>
            <Button size="xs" variant="subtle" color="gray" onClick={() => setDraft(undefined)}>
              {t('action.cancel')}
            </Button>
          </Group>
        </form>
      )}
    </Panel>
  );
}

function ShownNote({ note }: { readonly note: string }) {
  const { t } = useMessages();
  if (note !== '') return <Markdown text={note} />;
  return (
    <Text size="sm" c="dimmed">
      {t('note.none')}
    </Text>
  );
}
