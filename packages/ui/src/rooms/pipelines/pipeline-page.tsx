import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { AnsweredPage } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { describeJson } from '../../components/describe-json.ts';
import { DigestText } from '../../components/digest-text.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { LayeredGraph } from '../../components/layered-graph.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { SourceText } from '../../components/source-text.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';
import { PipelineRunTable } from './pipeline-run-table.tsx';
import { stepEdges } from './step-edges.ts';

type Pipeline = Answer<'pipelines', 'get'>;

/** A pipeline as it stands: its steps, its parameters, its file, its runs. */
export function PipelinePage() {
  const { name = '' } = useParams();
  const pipeline = useAnswer('pipelines', 'get', { params: { name } });
  return <AnsweredPage query={pipeline}>{(answer) => <PipelineView pipeline={answer} />}</AnsweredPage>;
}

function PipelineView({ pipeline }: { readonly pipeline: Pipeline }) {
  const { t } = useMessages();
  const runs = usePages('pipelines', 'listRuns', { query: { pipeline: pipeline.name, limit: 20 } });
  const nodes = pipeline.steps.map((step) => ({ id: step.name, step }));
  return (
    <>
      <PageHeader
        title={pipeline.name}
        path={[[t('pipelines.title'), '/pipelines']]}
        actions={<CommandLine command={commandLines.runPipeline(pipeline.name)} />}
      >
        {pipeline.description}
      </PageHeader>
      <Panel title={t('pipeline.steps')}>
        <LayeredGraph
          nodes={nodes}
          edges={stepEdges(pipeline.steps)}
          content={({ step }) => (
            <>
              <b title={step.summary}>{step.name}</b>
              <div className="faint mono">{step.uses}</div>
            </>
          )}
        />
      </Panel>
      <Panel title={t('pipelines.runs')} flush>
        <PipelineRunTable runs={runs} />
      </Panel>
      <Columns>
        <Panel title={t('pipeline.parameters')}>
          <Facts>
            {pipeline.parameters.map((parameter) => (
              <Fact key={parameter.name} name={parameter.name}>
                <span className="mono">
                  {parameter.required ? t('pipeline.required') : describeJson(parameter.default ?? null)}
                </span>{' '}
                <span className="faint">{parameter.description}</span>
              </Fact>
            ))}
          </Facts>
        </Panel>
        <Panel title={t('pipeline.versions')}>
          <Facts>
            {pipeline.versions.map((version) => (
              <Fact key={version.version} name={String(version.version)}>
                <DigestText digest={version.digest} /> <TimeText at={version.createdAt} />
              </Fact>
            ))}
          </Facts>
        </Panel>
      </Columns>
      <Panel title={t('pipeline.file')}>
        <SourceText text={pipeline.spec} />
      </Panel>
    </>
  );
}
