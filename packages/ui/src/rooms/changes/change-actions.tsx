import { Button } from '@mantine/core';
import type { Answer } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction } from '../../api/use-answer.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Change = Answer<'governance', 'change'>;

const cancellable: readonly Change['state'][] = ['planned', 'awaiting-approval', 'approved', 'applying'];

/** Apply and cancel, where the state and the person's roles allow it. */
export function ChangeActions({ change }: { readonly change: Change }) {
  const { t } = useMessages();
  const mayApply = useMay('changes:apply');
  const mayCancel = useMay('changes:request');
  const apply = useAction('governance', 'applyChange');
  const cancel = useAction('governance', 'cancelChange');
  const error = apply.error ?? cancel.error;
  const input = { params: { id: change.id } };
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      {mayCancel && cancellable.includes(change.state) ? (
        <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(input)}>
          {t('change.cancel')}
        </Button>
      ) : null}
      {mayApply && change.state === 'approved' ? (
        <Button loading={apply.isPending} onClick={() => apply.mutate(input)}>
          {t('change.apply')}
        </Button>
      ) : null}
    </>
  );
}
