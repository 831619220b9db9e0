import type { LiveArm, LiveStep } from '@esteira/contracts';
import { Box } from '@mantine/core';
import { LoadingLines } from '../../components/answered.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Figure, Figures } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { AnsweredBy } from './answered-by.tsx';
import { armRank } from './arm-lines.ts';
import { ArmName } from './arm-name.tsx';
import { useLiveEndpoint } from './use-live-endpoint.ts';

/** What the endpoint answers while one looks: throughput, errors and latency of the last seconds, and what waits. */
export function LivePanel({ endpoint }: { readonly endpoint: string }) {
  const { t, format } = useMessages();
  const live = useLiveEndpoint(endpoint);
  return (
    <Panel title={t('endpoint.now')} hint={t('endpoint.nowHint')} flush>
      {live === undefined ? (
        <LoadingLines lines={3} />
      ) : (
        <>
          <Box px={14} py={10}>
            <Figures>
              <Figure name={t('endpoint.requestsPerSecond')}>
                {format.number(total(live.arms, (arm) => arm.requestsPerSecond))}
              </Figure>
              <Figure name={t('endpoint.errorsPerSecond')}>
                {format.number(total(live.arms, (arm) => arm.errorsPerSecond))}
              </Figure>
              <Figure name={t('endpoint.inFlight')} note={t('endpoint.ofAllEndpoints')}>
                {format.integer(live.running)}
              </Figure>
              <Figure name={t('endpoint.waiting')} note={t('endpoint.ofAllEndpoints')}>
                {format.integer(live.waiting)}
              </Figure>
            </Figures>
          </Box>
          {live.arms.length === 0 ? (
            <QuietText>{t('endpoint.nowQuiet')}</QuietText>
          ) : (
            <LiveArms arms={live.arms} />
          )}
          {live.steps.length > 0 ? <LiveSteps steps={live.steps} /> : null}
        </>
      )}
    </Panel>
  );
}

function LiveArms({ arms }: { readonly arms: readonly LiveArm[] }) {
  const { t, format } = useMessages();
  const perSecond = (key: string, header: string, read: (arm: LiveArm) => number) =>
    ({ key, header, align: 'right', cell: (arm: LiveArm) => format.number(read(arm)) }) as const;
  const latency = (header: string, read: (arm: LiveArm) => number | null) =>
    ({ key: header, header, align: 'right', cell: (arm: LiveArm) => latencyText(read(arm)) }) as const;
  return (
    <DataTable
      label={t('endpoint.now')}
      rows={arms.toSorted((one, other) => armRank(one.arm) - armRank(other.arm))}
      rowKey={({ arm, predictor }) => `${arm} ${predictor}`}
      columns={[
        { key: 'arm', header: t('endpoint.arm'), cell: ({ arm }) => <ArmName name={arm} /> },
        {
          key: 'version',
          header: t('endpoint.predictor'),
          cell: ({ predictor }) => <AnsweredBy predictor={predictor} />,
        },
        perSecond('requests', t('endpoint.requestsPerSecond'), (arm) => arm.requestsPerSecond),
        perSecond('rows', t('endpoint.rowsPerSecond'), (arm) => arm.rowsPerSecond),
        perSecond('errors', t('endpoint.errorsPerSecond'), (arm) => arm.errorsPerSecond),
        latency('p50', (arm) => arm.p50Ms),
        latency('p95', (arm) => arm.p95Ms),
        latency('p99', (arm) => arm.p99Ms),
      ]}
    />
  );

  function latencyText(ms: number | null): string {
    return ms === null ? '–' : format.duration(ms);
  }
}

function LiveSteps({ steps }: { readonly steps: readonly LiveStep[] }) {
  const { t, format } = useMessages();
  return (
    <DataTable
      label={t('pipelineModel.title')}
      rows={steps}
      rowKey={({ modelVersionId, step }) => `${modelVersionId} ${step}`}
      columns={[
        {
          key: 'step',
          header: t('pipelineModel.step'),
          cell: ({ step }) => <span className="mono">{step}</span>,
        },
        {
          key: 'version',
          header: t('endpoint.predictor'),
          grow: true,
          cell: ({ modelVersionId }) => <AnsweredBy predictor={modelVersionId} />,
        },
        {
          key: 'runs',
          header: t('endpoint.requestsPerSecond'),
          align: 'right',
          cell: ({ runsPerSecond }) => format.number(runsPerSecond),
        },
        {
          key: 'mean',
          header: t('pipelineModel.meanTime'),
          align: 'right',
          cell: ({ meanMs }) => format.duration(meanMs),
        },
      ]}
    />
  );
}

function total(arms: readonly LiveArm[], read: (arm: LiveArm) => number): number {
  let sum = 0;
  for (const arm of arms) sum += read(arm);
  return sum;
}
