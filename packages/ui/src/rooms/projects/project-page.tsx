import { Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { MetricName } from '../../components/metric-name.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { TonedBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { CostPanel } from './cost-panel.tsx';
import { EvaluationsPanel } from './evaluations-panel.tsx';
import { LifecycleStrip } from './lifecycle-strip.tsx';
import { ReturnPanel } from './return-panel.tsx';
import { riskTone } from './risk-tone.ts';

type Project = Answer<'projects', 'project'>;

/** One project: the promise that was made and how far the model has come. */
export function ProjectPage() {
  const { name = '' } = useParams();
  const project = useAnswer('projects', 'project', { params: { name } }, { every: () => 15_000 });
  return <AnsweredPage query={project}>{(answer) => <ProjectView project={answer} />}</AnsweredPage>;
}

function ProjectView({ project }: { readonly project: Project }) {
  const { t } = useMessages();
  const search = `?project=${project.name}`;
  return (
    <>
      <PageHeader
        title={project.title}
        path={[[t('projects.title'), '/projects']]}
        status={<TonedBadge tone={riskTone(project.riskClass)}>{t(`risk.${project.riskClass}`)}</TonedBadge>}
        actions={
          <Text size="sm" component="div">
            <TextLink to={`/runs${search}`}>{t('nav.runs')}</TextLink> ·{' '}
            <TextLink to={`/datasets${search}`}>{t('nav.datasets')}</TextLink> ·{' '}
            <TextLink to={`/models${search}`}>{t('nav.models')}</TextLink> ·{' '}
            <TextLink to={`/endpoints${search}`}>{t('nav.endpoints')}</TextLink>
          </Text>
        }
      >
        <span className="mono">{project.name}</span>
      </PageHeader>
      <Panel title={t('project.lifecycle')} hint={t('project.lifecycleHint')}>
        <LifecycleStrip lifecycle={project.lifecycle} />
      </Panel>
      <Columns least={330}>
        <Panel title={t('project.problem')}>
          <Text size="sm" style={{ whiteSpace: 'pre-line' }}>
            {project.problem}
          </Text>
        </Panel>
        <SuccessPanel project={project} />
        <SlaPanel project={project} />
      </Columns>
      <Columns least={330}>
        <ReturnPanel project={project} />
        <RiskPanel project={project} />
        <CostPanel project={project.name} />
      </Columns>
      <EvaluationsPanel project={project.name} metric={project.successMetric.name} />
    </>
  );
}

function SuccessPanel({ project }: { readonly project: Project }) {
  const { t, format } = useMessages();
  const { name, direction, margin, baseline } = project.successMetric;
  return (
    <Panel title={t('project.success')}>
      <Facts>
        <Fact name={t('word.metric')}>
          <b>
            <MetricName name={name} />
          </b>
          , {t(`project.metricDirection.${direction}`)}
        </Fact>
        <Fact name={t('project.baseline')}>{baseline}</Fact>
        <Fact name={t('project.margin')}>{format.number(margin)}</Fact>
      </Facts>
    </Panel>
  );
}

function SlaPanel({ project }: { readonly project: Project }) {
  const { t, format } = useMessages();
  const { p95Ms, throughputPerSecond, maxModelBytes, maxMemoryBytes } = project.sla;
  return (
    <Panel title={t('project.sla')}>
      <Facts>
        <Fact name={t('project.p95')}>{t('project.atMost', { value: format.duration(p95Ms) })}</Fact>
        <Fact name={t('project.throughput')}>
          {throughputPerSecond &&
            t('project.atLeast', { value: t('project.perSecond', { count: throughputPerSecond }) })}
        </Fact>
        <Fact name={t('project.modelSize')}>
          {maxModelBytes && t('project.atMost', { value: format.bytes(maxModelBytes) })}
        </Fact>
        <Fact name={t('project.memory')}>
          {maxMemoryBytes && t('project.atMost', { value: format.bytes(maxMemoryBytes) })}
        </Fact>
      </Facts>
    </Panel>
  );
}

function RiskPanel({ project }: { readonly project: Project }) {
  const { t } = useMessages();
  return (
    <Panel title={t('project.risk')}>
      <Facts>
        <Fact name={t('project.riskClass')}>{t(`risk.${project.riskClass}`)}</Fact>
        <Fact name={t('project.sensitive')}>
          {project.sensitiveAttributes.length > 0 ? project.sensitiveAttributes.join(', ') : t('word.none')}
        </Fact>
        <Fact name={t('project.statement')}>{project.sensitiveStatement}</Fact>
        <Fact name={t('project.record')}>{t('project.revision', { revision: project.revision })}</Fact>
        <Fact name={t('word.updated')}>
          <TimeText at={project.updatedAt} />
        </Fact>
      </Facts>
    </Panel>
  );
}
