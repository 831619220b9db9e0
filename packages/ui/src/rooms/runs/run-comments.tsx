import { Button, Group, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useMay, useSession } from '../../api/session.tsx';
import { useAction, usePages } from '../../api/use-answer.ts';
import { Listed } from '../../components/answered.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { LoadMore } from '../../components/load-more.tsx';
import { Markdown } from '../../components/markdown/markdown.tsx';
import { Panel } from '../../components/panel.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import './run-comments.css';

type Comment = ListItem<'tracking', 'listComments'>;

/** What people say about a run, oldest first. Each may change and delete what they said themselves. */
export function RunComments({ runId }: { readonly runId: string }) {
  const { t } = useMessages();
  const mayWrite = useMay('tracking:write');
  const add = useAction('tracking', 'addComment');
  const pages = usePages('tracking', 'listComments', { params: { id: runId }, query: { limit: 50 } });
  return (
    <Panel title={t('comments.title')}>
      <Listed
        pages={pages}
        empty={
          <Text size="sm" c="dimmed" mb="sm">
            {t('comments.none')}
          </Text>
        }
      >
        {(items) => (
          <>
            <ol className="comments">
              {items.map((comment) => (
                <CommentItem key={comment.id} comment={comment} />
              ))}
            </ol>
            <LoadMore more={pages} />
          </>
        )}
      </Listed>
      {mayWrite ? (
        <CommentForm
          text=""
          sayable={t('comments.send')}
          isPending={add.isPending}
          error={add.error}
          onSay={(text, done) => add.mutate({ params: { id: runId }, body: { text } }, { onSuccess: done })}
        />
      ) : null}
    </Panel>
  );
}

function CommentItem({ comment }: { readonly comment: Comment }) {
  const { t } = useMessages();
  const { me } = useSession();
  const mayWrite = useMay('tracking:write') && comment.createdBy === me.id;
  const [editing, setEditing] = useState(false);
  const edit = useAction('tracking', 'editComment');
  const remove = useAction('tracking', 'deleteComment');
  const params = { id: comment.id };
  return (
    <li className="comment">
      <div className="comment-head">
        <strong title={comment.createdBy}>{comment.author}</strong>
        <TimeText at={comment.createdAt} />
        {comment.editedAt === undefined ? null : <span>{t('comments.edited')}</span>}
        {mayWrite && !editing ? (
          <Group gap={2}>
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setEditing(true)}>
              {t('comments.edit')}
            </Button>
            <Button
              size="compact-xs"
              variant="subtle"
              color="gray"
              loading={remove.isPending}
              onClick={() => remove.mutate({ params })}
            >
              {t('comments.delete')}
            </Button>
          </Group>
        ) : null}
      </div>
      {remove.error ? <ErrorNotice error={remove.error} /> : null}
      {editing ? (
        <CommentForm
          text={comment.text}
          sayable={t('action.save')}
          isPending={edit.isPending}
          error={edit.error}
          onSay={(text) => edit.mutate({ params, body: { text } }, { onSuccess: () => setEditing(false) })}
          onCancel={() => setEditing(false)}
        />
      ) : (
        <Markdown text={comment.text} />
      )}
    </li>
  );
}

interface CommentFormProps {
  readonly text: string;
  /** What its button says. */
  readonly sayable: string;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onSay: (text: string, done: () => void) => void;
  readonly onCancel?: () => void;
}

function CommentForm({ text, sayable, isPending, error, onSay, onCancel }: CommentFormProps) {
  const { t } = useMessages();
  const [draft, setDraft] = useState(text);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSay(draft, () => setDraft(''));
      }}
    >
      <Textarea
        aria-label={t('comments.text')}
        placeholder={t('comments.hint')}
        autosize
        minRows={2}
        maxRows={16}
        maxLength={20_000}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
      />
      {error ? <ErrorNotice error={error} /> : null}
      <Group gap="xs" mt="xs">
        <Button type="submit" size="xs" loading={isPending} disabled={draft.trim() === ''}>
          {sayable}
        </Button>
        {onCancel ? (
          <Button size="xs" variant="subtle" color="gray" onClick={onCancel}>
            {t('action.cancel')}
          </Button>
        ) : null}
      </Group>
    </form>
  );
}
