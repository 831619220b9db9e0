import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAnswer } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TrialReports } from '../../components/trial-reports.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { PipelineSteps } from '../models/pipeline-steps.tsx';
import { ArmsPanel } from './arms-panel.tsx';
import { CallsPanel } from './calls-panel.tsx';
import { KeysPanel } from './keys-panel.tsx';
import { LastHourPanel } from './last-hour-panel.tsx';
import { LimitsPanel } from './limits-panel.tsx';
import { LivePanel } from './live-panel.tsx';
import { PredictionsPanel } from './predictions-panel.tsx';
import { ResponseCachePanel } from './response-cache-panel.tsx';
import { RevisionsPanel } from './revisions-panel.tsx';
import { SandboxPanel } from './sandbox-panel.tsx';
import { StageBadge } from './stage-badge.tsx';
import { TrafficCharts } from './traffic-charts.tsx';
import { TryPanel } from './try-panel.tsx';

type Endpoint = Answer<'serving', 'endpoint'>;

/** One endpoint: who answers, how much, how fast, and what it falls back to. */
export function EndpointPage() {
  const { name = '' } = useParams();
  const endpoint = useAnswer('serving', 'endpoint', { params: { name } });
  return (
    <AnsweredPage query={endpoint}>
      {(answer) => <EndpointView key={answer.name} endpoint={answer} />}
    </AnsweredPage>
  );
}

function EndpointView({ endpoint }: { readonly endpoint: Endpoint }) {
  const { t } = useMessages();
  const mayAsk = useMay('serving:ask');
  const mayWrite = useMay('serving:write');
  const mayReadPredictions = useMay('predictions:read');
  const monitors = useAnswer('monitoring', 'monitors', { query: { endpoint: endpoint.name } });
  return (
    <>
      <PageHeader
        title={endpoint.name}
        path={[[t('endpoints.title'), '/endpoints']]}
        status={
          <>
            <StageBadge stage={endpoint.stage} />
            <StatusBadge status={endpoint.served?.ready ? 'ready' : 'not-ready'} />
          </>
        }
        actions={<CommandLine command={commandLines.promote(`${endpoint.model}@<version>`, endpoint.name)} />}
      >
        {t('endpoints.model')} <TextLink to={`/models/${endpoint.model}`}>{endpoint.model}</TextLink> ·{' '}
        {t('word.project')} <TextLink to={`/projects/${endpoint.project}`}>{endpoint.project}</TextLink>
        {(monitors.data?.items ?? []).map((monitor) => (
          <span key={monitor.name}>
            {' '}
            · {t('node.monitor')} <TextLink to={`/monitors/${monitor.name}`}>{monitor.name}</TextLink>
          </span>
        ))}
      </PageHeader>
      <LivePanel endpoint={endpoint.name} />
      <LastHourPanel endpoint={endpoint} />
      <TrafficCharts endpoint={endpoint} />
      <Columns least={420}>
        <ArmsPanel endpoint={endpoint} />
        <LimitsPanel endpoint={endpoint} />
      </Columns>
      <ServedPipeline endpoint={endpoint} />
      {mayAsk && (endpoint.stage === 'development' || mayWrite) ? (
        <TryPanel endpoint={endpoint.name} />
      ) : null}
      <CallsPanel endpoint={endpoint} />
      <Columns least={420}>
        <ResponseCachePanel endpoint={endpoint} />
        {endpoint.stage === 'development' ? <SandboxPanel endpoint={endpoint.name} /> : null}
      </Columns>
      <KeysPanel endpoint={endpoint.name} />
      <TrialReports endpoint={endpoint.name} />
      <RevisionsPanel endpoint={endpoint.name} />
      {mayReadPredictions ? <PredictionsPanel endpoint={endpoint.name} /> : null}
    </>
  );
}

/** The steps of what answers most, where that is several models in one. */
function ServedPipeline({ endpoint }: { readonly endpoint: Endpoint }) {
  const primary = endpoint.desired.arms.find(({ role }) => role === 'primary')?.predictor;
  const id = primary?.kind === 'version' ? primary.modelVersionId : undefined;
  const version = useAnswer(
    'registry',
    'versionById',
    { params: { id: id ?? '' } },
    { enabled: id !== undefined },
  );
  const pipeline = version.data?.signature?.pipeline;
  if (pipeline === undefined) return null;
  const times = (endpoint.served?.steps ?? []).filter(({ modelVersionId }) => modelVersionId === id);
  return <PipelineSteps pipeline={pipeline} times={times} />;
}
