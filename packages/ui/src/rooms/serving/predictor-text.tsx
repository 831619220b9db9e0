import type { DesiredPredictor } from '@esteira/contracts';
import { VersionLink } from '../../components/version-name.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Who answers: a model version by name and number, or a rule in words. */
export function PredictorText({ predictor }: { readonly predictor: DesiredPredictor }) {
  const { t } = useMessages();
  if (predictor.kind === 'version') return <VersionLink id={predictor.modelVersionId} />;
  const { rule } = predictor;
  if (rule.kind === 'constant') return <span>{t('endpoint.rule.constant', { score: rule.score })}</span>;
  if (rule.kind === 'feature') return <span>{t('endpoint.rule.feature', { feature: rule.feature })}</span>;
  return <span>{t('endpoint.rule.table', { count: rule.rules.length })}</span>;
}
