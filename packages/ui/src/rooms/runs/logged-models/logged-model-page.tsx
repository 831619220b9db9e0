import { Badge, Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Answer } from '../../../api/answers.ts';
import { useAnswer, usePages } from '../../../api/use-answer.ts';
import { AnsweredPage } from '../../../components/answered.tsx';
import { Clamped } from '../../../components/clamped.tsx';
import { Columns } from '../../../components/columns.tsx';
import { DataTable } from '../../../components/data-table.tsx';
import { DigestText } from '../../../components/digest-text.tsx';
import { Fact, Facts } from '../../../components/facts.tsx';
import { MetricName } from '../../../components/metric-name.tsx';
import { PageHeader } from '../../../components/page-header.tsx';
import { Panel } from '../../../components/panel.tsx';
import { Person } from '../../../components/person.tsx';
import { QuietText } from '../../../components/quiet-text.tsx';
import { StatusBadge } from '../../../components/status-badge.tsx';
import { TextLink } from '../../../components/text-link.tsx';
import { TimeText } from '../../../components/time-text.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import { ArtifactPanel } from '../artifact-panel.tsx';
import { metricText } from '../metric-text.ts';

type LoggedModel = Answer<'tracking', 'getLoggedModel'>;
type Signature = NonNullable<LoggedModel['description']['signature']>;

/** One logged model: what it is, which run made it, what was measured of it, its files, and what became of it. */
export function LoggedModelPage() {
  const { id = '' } = useParams();
  const model = useAnswer('tracking', 'getLoggedModel', { params: { id } });
  return <AnsweredPage query={model}>{(answer) => <LoggedModelView model={answer} />}</AnsweredPage>;
}

function LoggedModelView({ model }: { readonly model: LoggedModel }) {
  const { t } = useMessages();
  const { flavors, signature } = model.description;
  const files = usePages('tracking', 'listLoggedModelArtifacts', { params: { id: model.id }, query: {} });
  const byExperiment = new URLSearchParams({ experiment: model.experiment });
  return (
    <>
      <PageHeader
        title={model.name}
        path={[
          [t('runs.title'), '/runs'],
          [model.experiment, `/runs?${byExperiment}`],
          [t('loggedModels.title'), `/logged-models?${byExperiment}`],
        ]}
        status={<StatusBadge status={model.status} />}
      >
        <span className="mono">{model.id}</span> · <TimeText at={model.createdAt} /> ·{' '}
        <Person id={model.createdBy} />
      </PageHeader>
      <Columns least={340}>
        <Panel title={t('word.details')}>
          <Facts>
            <Fact name={t('loggedModels.run')}>
              {model.sourceRunId === null ? (
                '–'
              ) : (
                <TextLink to={`/runs/${model.sourceRunId}`}>{model.sourceRunId}</TextLink>
              )}
            </Fact>
            <Fact name={t('loggedModels.type')}>{model.type}</Fact>
            <Fact name={t('loggedModels.flavors')}>
              {flavors.map((flavor) => (
                <Badge key={flavor} variant="light" tt="none" mr={4}>
                  {flavor}
                </Badge>
              ))}
            </Fact>
            <Fact name={t('word.updated')}>
              <TimeText at={model.updatedAt} />
            </Fact>
          </Facts>
        </Panel>
        <VersionsPanel model={model} />
      </Columns>
      <MetricsPanel model={model} />
      <Columns least={340}>
        <Entries title={t('run.params')} none={t('run.paramsNone')} entries={model.params} />
        <Entries title={t('loggedModels.tags')} none={t('loggedModels.tagsNone')} entries={model.tags} />
      </Columns>
      {signature === null ? null : <SignaturePanel signature={signature} />}
      <ArtifactPanel pages={files} download={`/api/v1/logged-models/${model.id}/artifact`} />
    </>
  );
}

function VersionsPanel({ model }: { readonly model: LoggedModel }) {
  const { t } = useMessages();
  const { versions } = model.description;
  return (
    <Panel title={t('loggedModels.versions')}>
      {versions.length === 0 ? (
        <QuietText>{t('loggedModels.versionsNone', { id: model.id })}</QuietText>
      ) : (
        <Facts>
          {versions.map(({ model: name, version }) => (
            <Fact key={`${name} ${version}`} name={name}>
              <TextLink to={`/models/${encodeURIComponent(name)}/versions/${version}`}>
                {t('modelVersion.title', { model: name, version })}
              </TextLink>
            </Fact>
          ))}
        </Facts>
      )}
    </Panel>
  );
}

function MetricsPanel({ model }: { readonly model: LoggedModel }) {
  const { t, format } = useMessages();
  const rows = [...model.metrics].sort(
    (left, right) =>
      (left.datasetName ?? '').localeCompare(right.datasetName ?? '') || left.name.localeCompare(right.name),
  );
  if (rows.length === 0)
    return (
      <Panel title={t('run.metrics')}>
        <QuietText>{t('loggedModels.metricsNone')}</QuietText>
      </Panel>
    );
  return (
    <Panel title={t('run.metrics')} flush>
      <DataTable
        label={t('run.metrics')}
        rows={rows}
        rowKey={({ name, runId, step, at, datasetName }) => `${name} ${runId} ${step} ${at} ${datasetName}`}
        columns={[
          { key: 'name', header: t('word.metric'), cell: ({ name }) => <MetricName name={name} /> },
          {
            key: 'value',
            header: t('word.value'),
            align: 'right',
            cell: ({ value }) => metricText(value, format.metric),
          },
          {
            key: 'dataset',
            header: t('loggedModels.dataset'),
            grow: true,
            cell: ({ datasetName, datasetDigest }) =>
              datasetName === null ? (
                '–'
              ) : (
                <>
                  {datasetName} {datasetDigest === null ? null : <DigestText digest={datasetDigest} />}
                </>
              ),
          },
          {
            key: 'step',
            header: t('run.step'),
            align: 'right',
            cell: ({ step }) => format.integer(step),
          },
          {
            key: 'run',
            header: t('loggedModels.measuredBy'),
            cell: ({ runId }) => <TextLink to={`/runs/${runId}`}>{runId}</TextLink>,
          },
        ]}
      />
    </Panel>
  );
}

interface EntriesProps {
  readonly title: string;
  readonly none: string;
  readonly entries: Readonly<Record<string, string>>;
}

function Entries({ title, none, entries }: EntriesProps) {
  const sorted = Object.entries(entries).sort(([left], [right]) => left.localeCompare(right));
  return (
    <Panel title={title}>
      {sorted.length === 0 ? (
        <QuietText>{none}</QuietText>
      ) : (
        <Facts>
          {sorted.map(([name, value]) => (
            <Fact key={name} name={name}>
              <Clamped>
                <span className="mono">{value}</span>
              </Clamped>
            </Fact>
          ))}
        </Facts>
      )}
    </Panel>
  );
}

function SignaturePanel({ signature }: { readonly signature: Signature }) {
  const { t } = useMessages();
  return (
    <Panel title={t('modelVersion.signature')}>
      <Facts>
        <Fact name={t('modelVersion.inputs')}>
          <ColumnList columns={signature.inputs} />
        </Fact>
        <Fact name={t('modelVersion.outputs')}>
          <ColumnList columns={signature.outputs} />
        </Fact>
        <Fact name={t('run.params')}>
          {signature.params.map(({ name, type }) => `${name}: ${type}`).join(', ')}
        </Fact>
      </Facts>
    </Panel>
  );
}

function ColumnList({ columns }: { readonly columns: Signature['inputs'] }) {
  const { t } = useMessages();
  if (columns.length === 0) return '–';
  return (
    <Text size="xs" className="mono wrap-anywhere">
      {columns
        .map(({ name, type, shape, required }) => {
          const words = `${name === null ? '' : `${name}: `}${type}${shape === null ? '' : ` [${shape.join(', ')}]`}`;
          return required ? words : `${words} (${t('loggedModels.optional')})`;
        })
        .join(', ')}
    </Text>
  );
}
