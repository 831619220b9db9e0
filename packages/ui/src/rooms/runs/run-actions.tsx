import { Button, Menu, Modal } from '@mantine/core';
import { useState } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { ForkForm, PurgeForm, RewindForm } from './run-action-forms.tsx';

const asking = ['fork', 'rewind', 'purge'] as const;

/** What can be done with a run: to go on from it, to put it back, to delete it, which can be taken back, and to purge it. */
export function RunActions({ run }: { readonly run: Answer<'tracking', 'getRun'> }) {
  const { t } = useMessages();
  const mayWrite = useMay('tracking:write');
  const mayPurge = useMay('tracking:purge');
  const [asked, setAsked] = useState<(typeof asking)[number]>();
  const remove = useAction('tracking', 'deleteRun');
  const restore = useAction('tracking', 'restoreRun');
  const isDeleted = run.deletedAt !== undefined;
  const close = () => setAsked(undefined);
  const refused = remove.error ?? restore.error;
  if (!mayWrite && !(mayPurge && isDeleted)) return null;
  return (
    <>
      <Menu position="bottom-end" width={220} shadow="md" withinPortal>
        <Menu.Target>
          <Button variant="default">{t('runActions.title')}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {mayWrite ? <Menu.Item onClick={() => setAsked('fork')}>{t('runActions.fork')}</Menu.Item> : null}
          {mayWrite && !isDeleted ? (
            <>
              <Menu.Item onClick={() => setAsked('rewind')}>{t('runActions.rewind')}</Menu.Item>
              <Menu.Item onClick={() => remove.mutate({ params: { id: run.id } })}>
                {t('runActions.delete')}
              </Menu.Item>
            </>
          ) : null}
          {mayWrite && isDeleted ? (
            <Menu.Item onClick={() => restore.mutate({ params: { id: run.id } })}>
              {t('runActions.restore')}
            </Menu.Item>
          ) : null}
          {mayPurge && isDeleted ? (
            <Menu.Item c="var(--bad)" onClick={() => setAsked('purge')}>
              {t('runActions.purge')}
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={refused !== null}
        onClose={() => {
          remove.reset();
          restore.reset();
        }}
        title={run.name}
      >
        {refused ? <ErrorNotice error={refused} /> : null}
      </Modal>
      <Modal opened={asked === 'fork'} onClose={close} title={t('runActions.forkTitle', { name: run.name })}>
        <ForkForm run={run} />
      </Modal>
      <Modal
        opened={asked === 'rewind'}
        onClose={close}
        title={t('runActions.rewindTitle', { name: run.name })}
      >
        <RewindForm run={run} onClose={close} />
      </Modal>
      <Modal
        opened={asked === 'purge'}
        onClose={close}
        title={t('runActions.purgeTitle', { name: run.name })}
      >
        <PurgeForm run={run} />
      </Modal>
    </>
  );
}
