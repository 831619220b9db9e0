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
  if (run.trigger.startsWith('retraining:')) return <TextLink to="/monitoring">{run.trigger}</TextLink>;
  return <span>{run.trigger}</span>;
}
