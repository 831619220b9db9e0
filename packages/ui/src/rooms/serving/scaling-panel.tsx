import { Group, NumberInput } from '@mantine/core';
import { useState } from 'react';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { Figure, Figures } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

const names = ['utilization', 'concurrency', 'queue', 'minimum', 'maximum'] as const;

type Targets = Readonly<Record<(typeof names)[number], number>>;

/** What an autoscaler asks with unless it is told otherwise. */
const usual: Targets = { utilization: 0.6, concurrency: 64, queue: 16, minimum: 1, maximum: 100 };
const least: Targets = { utilization: 0.05, concurrency: 1, queue: 1, minimum: 0, maximum: 1 };

/** How many machines the model servers want: what an autoscaler is told for these targets. */
export function ScalingPanel() {
  const { t, format } = useMessages();
  const [targets, setTargets] = useState<Targets>(usual);
  const signal = useAnswer('serving', 'scaling', { query: targets }, { every: () => 5_000 });
  return (
    <Panel title={t('scaling.title')} hint={t('scaling.hint')}>
      <Answered query={signal} lines={3}>
        {({ desiredReplicas, replicas, processes, utilization, running, waiting, because }) => (
          <Figures>
            <Figure name={t('scaling.desired')} note={t(`scaling.because.${because}`)}>
              {format.integer(desiredReplicas)}
            </Figure>
            <Figure name={t('scaling.replicas')} note={t('scaling.processes', { count: processes })}>
              {format.integer(replicas)}
            </Figure>
            <Figure name={t('scaling.utilization')}>{format.percent(utilization)}</Figure>
            <Figure name={t('endpoint.inFlight')}>{format.integer(running)}</Figure>
            <Figure name={t('endpoint.waiting')}>{format.integer(waiting)}</Figure>
          </Figures>
        )}
      </Answered>
      <Group gap="xs" mt="md" align="flex-end" component="fieldset" bd="none" p={0} mx={0}>
        {names.map((name) => (
          <NumberInput
            key={name}
            label={t(`scaling.target.${name}`)}
            value={targets[name]}
            min={least[name]}
            {...(name === 'utilization' ? { max: 1, step: 0.05 } : { allowDecimal: false })}
            w={150}
            clampBehavior="strict"
            onChange={(value) => {
              if (typeof value === 'number') setTargets((before) => ({ ...before, [name]: value }));
            }}
          />
        ))}
      </Group>
    </Panel>
  );
}
