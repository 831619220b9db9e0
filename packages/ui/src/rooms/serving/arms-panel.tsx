import { Group, Progress } from '@mantine/core';
import type { Answer } from '../../api/answers.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { ArmName } from './arm-name.tsx';
import { PredictorText } from './predictor-text.tsx';

type Endpoint = Answer<'serving', 'endpoint'>;

/** Who answers which share of the requests, who gets copies, and who steps in. */
export function ArmsPanel({ endpoint }: { readonly endpoint: Endpoint }) {
  const { t, format } = useMessages();
  const { arms, shadow, fallback } = endpoint.desired;
  const rows = [
    ...arms.map(({ role, weight, predictor }) => ({
      arm: role as string,
      share: weight as number | null,
      predictor,
    })),
    ...(shadow
      ? [
          {
            arm: 'shadow',
            share: shadow.share as number | null,
            predictor: { kind: 'version' as const, modelVersionId: shadow.modelVersionId },
          },
        ]
      : []),
    ...(fallback ? [{ arm: 'fallback', share: null, predictor: fallback }] : []),
  ];
  return (
    <Panel title={t('endpoint.arms')} {...(fallback ? {} : { hint: t('endpoint.noFallback') })} flush>
      <DataTable
        label={t('endpoint.arms')}
        rows={rows}
        rowKey={(row) => row.arm}
        columns={[
          { key: 'arm', header: t('endpoint.arm'), cell: (row) => <ArmName name={row.arm} /> },
          {
            key: 'share',
            header: t('endpoint.share'),
            cell: ({ share }) =>
              share === null ? (
                '–'
              ) : (
                <Group gap={10} wrap="nowrap" justify="space-between">
                  <Progress value={share * 100} w={120} size="md" aria-label={t('endpoint.share')} />
                  <span className="number">{format.percent(share)}</span>
                </Group>
              ),
          },
          {
            key: 'predictor',
            header: t('endpoint.predictor'),
            grow: true,
            cell: (row) => <PredictorText predictor={row.predictor} />,
          },
        ]}
      />
    </Panel>
  );
}
