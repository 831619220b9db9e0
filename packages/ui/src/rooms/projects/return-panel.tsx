import { Divider, Text } from '@mantine/core';
import type { Answer, ListItem } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** What a decision is worth, and what the newest evaluated model makes of it. */
export function ReturnPanel({ project }: { readonly project: Answer<'projects', 'project'> }) {
  const { t, format } = useMessages();
  const { roi } = project;
  if (!roi) {
    return (
      <Panel title={t('project.roi')}>
        <Text size="sm" c="dimmed">
          {t('project.roiNone')}
        </Text>
      </Panel>
    );
  }
  return (
    <Panel title={t('project.roi')}>
      <Facts>
        <Fact name={t('project.casesPerMonth')}>{format.integer(roi.casesPerMonth)}</Fact>
        <Fact name={t('project.positiveShare')}>{format.percent(roi.positiveShare)}</Fact>
        <Fact name={t('project.valueOfCatch')}>{format.money(roi.valueOfCatch, roi.currency)}</Fact>
        <Fact name={t('project.costOfFalseAlarm')}>{format.money(roi.costOfFalseAlarm, roi.currency)}</Fact>
        <Fact name={t('project.monthlyCost')}>
          {roi.monthlyCost ? format.money(roi.monthlyCost, roi.currency) : null}
        </Fact>
      </Facts>
      <NewestWorth project={project.name} />
    </Panel>
  );
}

function NewestWorth({ project }: { readonly project: string }) {
  const evaluations = useAnswer('evaluation', 'evaluations', { query: { project, limit: 1 } });
  const newest = evaluations.data?.items[0];
  const performance = newest && performanceOf(newest.metrics);
  if (!newest || !performance) return null;
  const baseline = newest.baselines[0] && performanceOf(newest.baselines[0].metrics);
  return <Estimate project={project} performance={performance} {...(baseline ? { baseline } : {})} />;
}

interface Performance {
  readonly precision: number;
  readonly recall: number;
}

interface EstimateProps {
  readonly project: string;
  readonly performance: Performance;
  readonly baseline?: Performance;
}

function Estimate({ project, performance, baseline }: EstimateProps) {
  const { t, format } = useMessages();
  const estimate = useAnswer('projects', 'estimateRoi', {
    params: { name: project },
    body: { ...performance, ...(baseline ? { baseline } : {}) },
  });
  if (!estimate.data) return null;
  const { currency, valuePerMonth, gainOverBaseline, breakEvenPrecision } = estimate.data;
  return (
    <>
      <Divider my={8} />
      <Facts>
        <Fact name={t('project.valuePerMonth')}>
          <b>{format.money(valuePerMonth, currency)}</b>
        </Fact>
        <Fact name={t('project.gainOverBaseline')}>
          {gainOverBaseline === null ? null : format.money(gainOverBaseline, currency)}
        </Fact>
        <Fact name={t('project.breakEven')}>
          {breakEvenPrecision === null ? null : format.percent(breakEvenPrecision)}
        </Fact>
      </Facts>
    </>
  );
}

function performanceOf(metrics: ListItem<'evaluation', 'evaluations'>['metrics']): Performance | undefined {
  const { precision, recall } = metrics;
  return precision === null || recall === null ? undefined : { precision, recall };
}
