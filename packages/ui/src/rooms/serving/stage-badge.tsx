import type { EndpointStage } from '@esteira/contracts';
import { Badge } from '@mantine/core';
import { useMessages } from '../../messages/use-messages.tsx';

/** The stage of an endpoint; production stands out. */
export function StageBadge({ stage }: { readonly stage: EndpointStage }) {
  const { t } = useMessages();
  return (
    <Badge
      size="sm"
      tt="none"
      radius="sm"
      miw="max-content"
      variant={stage === 'production' ? 'filled' : 'default'}
    >
      {t(`stage.${stage}`)}
    </Badge>
  );
}
