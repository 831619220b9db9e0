import type { RunListQuestion, SavedView } from '@esteira/contracts';
import { Button, Checkbox, Group, Menu, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useMay, useSession } from '../../../api/session.tsx';
import { useAction, useAnswer } from '../../../api/use-answer.ts';
import { ErrorNotice } from '../../../components/error-notice.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';

interface SavedViewsMenuProps {
  readonly project: string | undefined;
  /** What the page is asked now. */
  readonly question: RunListQuestion;
  readonly onShow: (question: RunListQuestion) => void;
}

/** Views that are kept: to be shown again, saved, shared and deleted. */
export function SavedViewsMenu({ project, question, onShow }: SavedViewsMenuProps) {
  const { t } = useMessages();
  const { me } = useSession();
  const mayWrite = useMay('tracking:write');
  const [naming, name] = useDisclosure(false);
  const views = useAnswer('tracking', 'listSavedViews', {
    query: { limit: 200, ...(project === undefined ? {} : { project }) },
  });
  const update = useAction('tracking', 'updateSavedView');
  const remove = useAction('tracking', 'deleteSavedView');
  const items = views.data?.items ?? [];
  const current = items.find((view) => JSON.stringify(view.question) === JSON.stringify(question));
  const isOwn = current?.createdBy === me.id;
  const own = items.filter(({ createdBy }) => createdBy === me.id);
  const others = items.filter(({ createdBy }) => createdBy !== me.id);
  return (
    <>
      <Menu position="bottom-end" width={280} shadow="md" withinPortal>
        <Menu.Target>
          <Button variant="default">{current?.name ?? t('views.title')}</Button>
        </Menu.Target>
        <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
          {views.error ? <ErrorNotice error={views.error} /> : null}
          {items.length === 0 && views.data ? (
            <Text size="xs" c="dimmed" p="xs">
              {t('views.none')}
            </Text>
          ) : null}
          <Views title={t('views.own')} views={own} current={current} onShow={onShow} />
          <Views title={t('views.shared')} views={others} current={current} onShow={onShow} />
          {mayWrite ? (
            <>
              <Menu.Divider />
              <Menu.Item onClick={name.open}>{t('views.save')}</Menu.Item>
              {own
                .filter((view) => view !== current)
                .map((view) => (
                  <Menu.Item
                    key={view.id}
                    onClick={() => update.mutate({ params: { id: view.id }, body: { question } })}
                  >
                    {t('views.update', { name: view.name })}
                  </Menu.Item>
                ))}
              {current !== undefined && isOwn ? (
                <>
                  <Menu.Item
                    onClick={() =>
                      update.mutate({ params: { id: current.id }, body: { shared: !current.shared } })
                    }
                  >
                    {current.shared ? t('views.unshare') : t('views.share')}
                  </Menu.Item>
                  <Menu.Item c="var(--bad)" onClick={() => remove.mutate({ params: { id: current.id } })}>
                    {t('views.delete', { name: current.name })}
                  </Menu.Item>
                </>
              ) : null}
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={name.close} title={t('views.save')} size="sm">
        <SaveForm project={project} question={question} onSaved={name.close} />
      </Modal>
    </>
  );
}

function Views({
  title,
  views,
  current,
  onShow,
}: {
  readonly title: string;
  readonly views: readonly SavedView[];
  readonly current: SavedView | undefined;
  readonly onShow: (question: RunListQuestion) => void;
}) {
  if (views.length === 0) return null;
  return (
    <>
      <Menu.Label>{title}</Menu.Label>
      {views.map((view) => (
        <Menu.Item
          key={view.id}
          onClick={() => onShow(view.question)}
          {...(view === current ? { 'aria-current': 'true' as const, fw: 600 } : {})}
        >
          {view.name}
          {view.project ? <span className="faint"> · {view.project}</span> : null}
        </Menu.Item>
      ))}
    </>
  );
}

function SaveForm({
  project,
  question,
  onSaved,
}: {
  readonly project: string | undefined;
  readonly question: RunListQuestion;
  readonly onSaved: () => void;
}) {
  const { t } = useMessages();
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const save = useAction('tracking', 'saveView');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const body = { name, shared, question, ...(project === undefined ? {} : { project }) };
        save.mutate({ body }, { onSuccess: onSaved });
      }}
    >
      <Stack gap="sm">
        <TextInput
          data-autofocus
          label={t('views.name')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={200}
          required
        />
        <Checkbox
          label={t('views.everybody')}
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
        {save.error ? <ErrorNotice error={save.error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
            {t('action.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
