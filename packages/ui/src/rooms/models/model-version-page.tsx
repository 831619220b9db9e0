import { Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered, AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { ComparisonTable } from '../../components/comparison-table.tsx';
import { DigestText } from '../../components/digest-text.tsx';
import { Fact, Facts, Figure, Figures } from '../../components/facts.tsx';
import { metricName } from '../../components/metric-name.tsx';
import { nodeTitle } from '../../components/node-kind.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { IdText, TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { TrialReports } from '../../components/trial-reports.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { GatePanel } from './gate-panel.tsx';
import { LabelsPanel } from './labels-panel.tsx';
import { PipelineSteps } from './pipeline-steps.tsx';

type Version = Answer<'registry', 'versionById'>;

/** One frozen version: what it measured, what it beat, whether it may be deployed, and where it comes from. */
export function ModelVersionPage() {
  const { id = '' } = useParams();
  const version = useAnswer('registry', 'versionById', { params: { id } });
  return <AnsweredPage query={version}>{(answer) => <VersionView version={answer} />}</AnsweredPage>;
}

function VersionView({ version }: { readonly version: Version }) {
  const { t, format } = useMessages();
  return (
    <>
      <PageHeader
        title={t('modelVersion.title', { model: version.model, version: version.version })}
        path={[
          [t('models.title'), '/models'],
          [version.model, `/models/${encodeURIComponent(version.model)}`],
        ]}
        status={<StatusBadge status={version.status} />}
        actions={
          <>
            {version.notDeployable === null ? (
              <CommandLine command={commandLines.promote(`${version.model}@${version.version}`)} />
            ) : null}
            <TextLink to={`/lineage/model-version/${version.id}`}>{t('modelVersion.lineage')}</TextLink>
          </>
        }
      >
        <span className="mono">{version.id}</span> · <TimeText at={version.createdAt} /> ·{' '}
        <Person id={version.createdBy} />
        {version.description ? <div>{version.description}</div> : null}
      </PageHeader>
      <Panel title={t('evaluation.metrics')}>
        {Object.keys(version.metrics).length === 0 ? (
          <QuietText>{t('modelVersion.metricsNone')}</QuietText>
        ) : null}
        <Figures>
          {Object.entries(version.metrics).map(([name, value]) => (
            <Figure key={name} name={metricName(name, t)}>
              {format.metric(value)}
            </Figure>
          ))}
        </Figures>
      </Panel>
      {version.evaluationId === null ? null : <Comparisons evaluationId={version.evaluationId} />}
      {version.notDeployable === null ? (
        <GatePanel version={version} />
      ) : (
        <Panel title={t('gates.title')}>
          <QuietText>{t('modelVersion.notDeployable', { reason: version.notDeployable })}</QuietText>
        </Panel>
      )}
      {version.signature?.pipeline === undefined ? null : (
        <PipelineSteps pipeline={version.signature.pipeline} />
      )}
      <TrialReports modelVersion={version.id} />
      <Columns>
        <Provenance version={version} />
        {version.signature === null ? null : <Signature signature={version.signature} />}
        <Bundle version={version} />
        <LabelsPanel version={version} />
      </Columns>
    </>
  );
}

function Comparisons({ evaluationId }: { readonly evaluationId: string }) {
  const { t } = useMessages();
  const evaluation = useAnswer('evaluation', 'evaluation', { params: { id: evaluationId } });
  return (
    <Panel
      title={t('modelVersion.comparison')}
      actions={<TextLink to={`/evaluations/${evaluationId}`}>{evaluationId}</TextLink>}
      flush
    >
      <Answered query={evaluation} lines={3}>
        {({ baselines, current, alpha }) => (
          <ComparisonTable
            comparisons={[...baselines, ...(current ? [{ ...current, name: t('evaluation.live') }] : [])]}
            confidence={1 - alpha}
          />
        )}
      </Answered>
    </Panel>
  );
}

function Provenance({ version }: { readonly version: Version }) {
  const { t } = useMessages();
  return (
    <Panel title={t('modelVersion.evidence')}>
      <Facts>
        <Fact name={t('modelVersion.source')}>
          <span className="mono">{version.source}</span>
        </Fact>
        <Fact name={nodeTitle('evaluation', t)}>{linked('evaluations', version.evaluationId)}</Fact>
        <Fact name={nodeTitle('run', t)}>{linked('runs', version.runId)}</Fact>
        <Fact name={nodeTitle('split', t)}>{linked('splits', version.splitId)}</Fact>
        {version.datasetVersions.map((dataset) => (
          <Fact key={dataset.id} name={t('modelVersion.data')}>
            <TextLink to={`/dataset-versions/${dataset.id}`}>{dataset.id}</TextLink>{' '}
            <DigestText digest={dataset.digest} />
          </Fact>
        ))}
        <Fact name={t('modelVersion.trainedModel')}>
          {version.trainedModelId === null ? '–' : <IdText id={version.trainedModelId} />}
        </Fact>
        <Fact name={t('run.environment')}>
          {version.environment ? <DigestText digest={version.environment.digest} /> : '–'}
        </Fact>
        <Fact name={t('run.commit')}>
          {version.environment?.codeCommit ? <DigestText digest={version.environment.codeCommit} /> : null}
        </Fact>
      </Facts>
    </Panel>
  );
}

/** A link to a thing, or a dash where there is none. */
function linked(pages: string, id: string | null) {
  return id === null ? '–' : <TextLink to={`/${pages}/${id}`}>{id}</TextLink>;
}

type ModelSignature = NonNullable<Version['signature']>;

function Signature({ signature }: { readonly signature: ModelSignature }) {
  const { t } = useMessages();
  const { task, inputs, outputs, features, operators } = signature;
  return (
    <Panel title={t('modelVersion.signature')}>
      <Facts>
        <Fact name={t('modelVersion.task')}>{task}</Fact>
        <Fact name={t('modelVersion.inputs')}>{tensors(inputs)}</Fact>
        <Fact name={t('modelVersion.outputs')}>{tensors(outputs)}</Fact>
        <Fact name={t('modelVersion.features', { count: features.length })}>
          <Text size="xs" className="mono">
            {features.map((feature) => feature.name).join(', ')}
          </Text>
        </Fact>
        <Fact name={t('modelVersion.operators')}>
          {operators.length === 0 ? null : (
            <Text size="xs" className="mono">
              {operators.join(', ')}
            </Text>
          )}
        </Fact>
      </Facts>
    </Panel>
  );
}

function Bundle({ version }: { readonly version: Version }) {
  const { t, format } = useMessages();
  return (
    <Panel title={t('modelVersion.bundle')}>
      <Facts>
        <Fact name={t('word.digest')}>
          {version.digest === null ? '–' : <DigestText digest={version.digest} />}
        </Fact>
        <Fact name={t('word.size')}>{format.bytes(version.bytes)}</Fact>
        {version.artifacts.map((file) => (
          <Fact key={file.path} name={file.path}>
            {format.bytes(file.size)} <DigestText digest={file.digest} />
          </Fact>
        ))}
        {version.examplesFrom === null ? null : (
          <Fact name={t('modelVersion.examples')}>
            {t(`modelVersion.examplesFrom.${version.examplesFrom}`)}
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}

function tensors(list: ModelSignature['inputs']): string {
  return list.map((tensor) => `${tensor.name} ${tensor.datatype} [${tensor.shape.join(', ')}]`).join('; ');
}
