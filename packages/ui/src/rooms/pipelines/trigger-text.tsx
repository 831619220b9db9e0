import { TextLink } from '../../components/text-link.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** What started a run: a person, or a retraining decision. */
export function TriggerText({
  run,
}: {
  readonly run: { readonly trigger: string; readonly createdBy: string };
}) {
  const { t } = useMessages();
  if (run.trigger === 'manual') return <span title={run.createdBy}>{t('pipelineRun.manual')}</span>;
  const [kind, id] = run.trigger.split(':');
  if (kind === 'retraining' && id)
    return (
      <>
        {t('pipelineRun.retraining')} <TextLink to="/monitoring">{id}</TextLink>
      </>
    );
  return <span>{run.trigger}</span>;
}
