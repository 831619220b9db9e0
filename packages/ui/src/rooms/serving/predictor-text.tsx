import type { DesiredPredictor } from '@esteira/contracts';
import { VersionLink } from '../../components/version-name.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** Who answers: a model version by name and number, or a rule in words. */
export function PredictorText({ predictor }: { readonly predictor: DesiredPredictor }) {
  const { t } = useMessages();
  if (predictor.kind === 'version') return <VersionLink id={predictor.modelVersionId} />;
  const { rule } = predictor;
  return (
    <span>
      {rule.kind === 'constant'
        ? t('endpoint.rule.constant', { score: rule.score })
        : t('endpoint.rule.feature', { feature: rule.feature })}
    </span>
  );
}
