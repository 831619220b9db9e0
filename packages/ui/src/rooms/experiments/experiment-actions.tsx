import { Button, Group, Modal } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { EditExperimentForm, PurgeExperimentForm } from './experiment-forms.tsx';

interface ExperimentActionsProps {
  readonly experiment: ListItem<'tracking', 'listExperiments'>;
}

/** What can be done with an experiment: to word it anew, to delete it, which can be taken back, and to purge it. */
export function ExperimentActions({ experiment }: ExperimentActionsProps) {
  const { t } = useMessages();
  const mayWrite = useMay('tracking:write');
  const mayPurge = useMay('tracking:purge');
  const [asked, setAsked] = useState<'edit' | 'purge'>();
  const remove = useAction('tracking', 'deleteExperiment');
  const restore = useAction('tracking', 'restoreExperiment');
  const { name, deletedAt } = experiment;
  const params = { id: experiment.id };
  const close = () => setAsked(undefined);
  const closeButtonProps = { 'aria-label': t('action.close') };
  const refused = remove.error ?? restore.error;
  return (
    <>
      <Group gap={4} wrap="nowrap">
        {mayWrite && deletedAt === undefined ? (
          <>
            <Button size="compact-xs" variant="default" onClick={() => setAsked('edit')}>
              {t('experiments.edit')}
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              loading={remove.isPending}
              onClick={() => remove.mutate({ params })}
            >
              {t('experiments.delete')}
            </Button>
          </>
        ) : null}
        {mayWrite && deletedAt !== undefined ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={restore.isPending}
            onClick={() => restore.mutate({ params })}
          >
            {t('experiments.restore')}
          </Button>
        ) : null}
        {mayPurge && deletedAt !== undefined ? (
          <Button size="compact-xs" variant="default" c="var(--bad)" onClick={() => setAsked('purge')}>
            {t('experiments.purge')}
          </Button>
        ) : null}
      </Group>
      <Modal
        opened={refused !== null}
        onClose={() => {
          remove.reset();
          restore.reset();
        }}
        title={name}
        closeButtonProps={closeButtonProps}
      >
        {refused ? <ErrorNotice error={refused} /> : null}
      </Modal>
      <Modal
        opened={asked === 'edit'}
        onClose={close}
        title={t('experiments.editTitle', { name })}
        closeButtonProps={closeButtonProps}
      >
        <EditExperimentForm experiment={experiment} onDone={close} />
      </Modal>
      <Modal
        opened={asked === 'purge'}
        onClose={close}
        title={t('experiments.purgeTitle', { name })}
        closeButtonProps={closeButtonProps}
      >
        <PurgeExperimentForm experiment={experiment} />
      </Modal>
    </>
  );
}
