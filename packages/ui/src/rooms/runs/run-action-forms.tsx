import { Button, Checkbox, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { type Answer, callOperation } from '../../api/answers.ts';
import { useSession } from '../../api/session.tsx';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { ForkPlan, PurgePlan, RewindPlan } from './run-plan.tsx';

type Run = Answer<'tracking', 'getRun'>;

/** The last step of any metric. */
function lastStep(run: Run): number {
  return Math.max(0, ...Object.values(run.metrics).map(({ step }) => step));
}

/** What a field for a step holds; undefined while it holds none. */
function stepOf(field: number | string): number | undefined {
  return typeof field === 'number' ? field : undefined;
}

/** Asks from which step a new run goes on, and shows it. */
export function ForkForm({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  const navigate = useNavigate();
  const [name, setName] = useState(`${run.name} (fork)`);
  const [step, setStep] = useState<number | string>('');
  const fork = useAction('tracking', 'forkRun');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        fork.mutate(
          {
            params: { id: run.id },
            body: {
              ...(name.trim() === '' ? {} : { name: name.trim() }),
              ...(typeof step === 'number' ? { step } : {}),
            },
          },
          { onSuccess: ({ id }) => navigate(`/runs/${id}`) },
        );
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t('runActions.forkHint')}</Text>
        <TextInput
          label={t('word.name')}
          maxLength={500}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <NumberInput
          label={t('runActions.upTo')}
          placeholder={t('runActions.allSteps', { step: lastStep(run) })}
          allowDecimal={false}
          value={step}
          onChange={setStep}
        />
        <ForkPlan run={run} step={stepOf(step)} />
        {fork.error ? <ErrorNotice error={fork.error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" loading={fork.isPending}>
            {t('runActions.forkDo')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Asks for the last step that stays, and for consent; then says where the run as it was is kept. */
export function RewindForm({ run, onClose }: { readonly run: Run; readonly onClose: () => void }) {
  const { t } = useMessages();
  const [step, setStep] = useState<number | string>('');
  const [sure, setSure] = useState(false);
  const rewind = useAction('tracking', 'rewindRun');
  if (rewind.data !== undefined) {
    const { points, kept } = rewind.data;
    return (
      <Stack gap="sm">
        <Text size="sm" role="status">
          {kept === null ? t('runActions.rewoundNothing') : t('runActions.rewound', { count: points })}{' '}
          {kept === null ? null : <TextLink to={`/runs/${kept.id}`}>{kept.name}</TextLink>}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('action.close')}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (typeof step === 'number') rewind.mutate({ params: { id: run.id }, body: { step } });
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t('runActions.rewindHint')}</Text>
        {run.status === 'running' ? <Text size="sm">{t('runActions.rewindRunning')}</Text> : null}
        <NumberInput
          label={t('runActions.lastStep')}
          placeholder={t('runActions.allSteps', { step: lastStep(run) })}
          allowDecimal={false}
          value={step}
          onChange={setStep}
          data-autofocus
        />
        <RewindPlan run={run} step={stepOf(step)} />
        <Checkbox
          label={t('runActions.rewindSure')}
          checked={sure}
          onChange={(event) => setSure(event.currentTarget.checked)}
        />
        {rewind.error ? <ErrorNotice error={rewind.error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" disabled={!sure || typeof step !== 'number'} loading={rewind.isPending}>
            {t('runActions.rewindDo')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Asks for consent to what cannot be taken back. */
export function PurgeForm({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  const navigate = useNavigate();
  const [sure, setSure] = useState(false);
  const { client } = useSession();
  const queries = useQueryClient();
  const purge = useMutation({
    mutationFn: () => callOperation(client, 'tracking', 'purgeRun', { params: { id: run.id } }),
    async onSuccess() {
      // What is shown of the run itself would be asked for in vain until the page has gone.
      await queries.invalidateQueries({
        predicate: ({ queryKey: [room, , question] }) =>
          room === 'tracking' &&
          (question as { params?: { id?: string } } | undefined)?.params?.id !== run.id,
      });
      await navigate('/runs');
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        purge.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t('runActions.purgeHint')}</Text>
        <PurgePlan run={run} />
        <Checkbox
          label={t('runActions.purgeSure')}
          checked={sure}
          onChange={(event) => setSure(event.currentTarget.checked)}
        />
        {purge.error ? <ErrorNotice error={purge.error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" color="red" disabled={!sure} loading={purge.isPending}>
            {t('runActions.purgeDo')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
