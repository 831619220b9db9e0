import type { JsonValue } from '@esteira/contracts';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { Answer } from '../../api/answers.ts';
import { useAnswer, usePages } from '../../api/use-answer.ts';
import { AnsweredPage, Listed } from '../../components/answered.tsx';
import { Columns } from '../../components/columns.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { describeJson } from '../../components/describe-json.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { JsonView } from '../../components/json-view.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { shortId } from '../../components/short-id.ts';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TextLink } from '../../components/text-link.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { type Span, SpanTree } from './span-tree.tsx';
import { traceState } from './trace-state.ts';

type Trace = Answer<'llm', 'getTrace'>;

/** One trace: what was asked and answered, every step with its time, and what was said of it. */
export function TracePage() {
  const { id = '' } = useParams();
  const trace = useAnswer(
    'llm',
    'getTrace',
    { params: { id } },
    { every: (data) => (data?.state === 'IN_PROGRESS' ? 2000 : false) },
  );
  return <AnsweredPage query={trace}>{(answer) => <TraceView trace={answer} />}</AnsweredPage>;
}

function TraceView({ trace }: { readonly trace: Trace }) {
  const { t, format } = useMessages();
  const spans = usePages('llm', 'listSpans', { params: { id: trace.id }, query: { limit: 500 } });
  const [chosen, setChosen] = useState<string>();
  const span = spans.items?.find((candidate) => candidate.id === chosen) ?? spans.items?.[0];
  return (
    <>
      <PageHeader
        title={trace.name ?? shortId(trace.id)}
        path={[[t('traces.title'), '/traces']]}
        status={<StatusBadge status={traceState(trace.state)} />}
      >
        <span className="mono">{trace.id}</span> · <TimeText at={trace.requestedAt} />
        {trace.durationMs === undefined ? null : ` · ${format.duration(trace.durationMs)}`}
      </PageHeader>
      <Columns least={420}>
        <Panel title={t('traces.spans')} flush>
          <Listed
            pages={spans}
            empty={<EmptyState title={t('traces.noSpans')} hint={t('traces.noSpansHint')} />}
          >
            {(items) => <SpanTree spans={items} more={spans} chosen={span?.id} onChoose={setChosen} />}
          </Listed>
        </Panel>
        {span === undefined ? null : <SpanView span={span} />}
      </Columns>
      <AssessmentPanel trace={trace} />
      <Columns least={340}>
        <EntriesPanel title={t('traces.tags')} entries={trace.tags} />
        <EntriesPanel title={t('traces.metadata')} entries={trace.metadata} />
      </Columns>
    </>
  );
}

function SpanView({ span }: { readonly span: Span }) {
  const { t } = useMessages();
  const { 'mlflow.spanInputs': inputs, 'mlflow.spanOutputs': outputs, ...attributes } = readAttributes(span);
  return (
    <Panel title={span.name} hint={span.type} actions={<StatusBadge status={traceState(span.status)} />}>
      <Facts>
        <Fact name={t('traces.problem')}>{span.statusMessage}</Fact>
        <Fact name={t('traces.inputs')}>{inputs === undefined ? null : <JsonView value={inputs} />}</Fact>
        <Fact name={t('traces.outputs')}>{outputs === undefined ? null : <JsonView value={outputs} />}</Fact>
        <Fact name={t('traces.attributes')}>
          {Object.keys(attributes).length === 0 ? null : <JsonView value={attributes} />}
        </Fact>
        <Fact name={t('traces.events')}>
          {span.events.length === 0 ? null : (
            <JsonView value={span.events.map(({ name, attributes: details }) => ({ name, ...details }))} />
          )}
        </Fact>
      </Facts>
    </Panel>
  );
}

/** MLflow's client sends values of its own attributes as texts of JSON. */
function readAttributes({ attributes }: Span): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      name.startsWith('mlflow.') && typeof value === 'string' ? readJson(value) : value,
    ]),
  );
}

function readJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function AssessmentPanel({ trace }: { readonly trace: Trace }) {
  const { t } = useMessages();
  const valid = trace.assessments.filter((assessment) => assessment.valid);
  if (valid.length === 0) return null;
  return (
    <Panel title={t('traces.assessments')} flush>
      <DataTable
        label={t('traces.assessments')}
        rows={valid}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'name',
            header: t('word.name'),
            cell: ({ kind, name }) =>
              kind === 'issue' ? (
                <TextLink to={`/issues/${encodeURIComponent(name)}`}>{name}</TextLink>
              ) : (
                name
              ),
          },
          { key: 'kind', header: t('word.kind'), cell: ({ kind }) => t(`traces.${kind}`) },
          {
            key: 'value',
            header: t('word.value'),
            cell: ({ value, error }) => error?.message ?? error?.code ?? describeJson(value, (text) => text),
          },
          {
            key: 'source',
            header: t('word.who'),
            cell: ({ sourceType, sourceId }) =>
              sourceId === undefined ? sourceType : <Person id={sourceId} />,
          },
          {
            key: 'rationale',
            header: t('word.reason'),
            grow: true,
            cell: ({ rationale }) => rationale ?? '–',
          },
        ]}
      />
    </Panel>
  );
}

function EntriesPanel({
  title,
  entries,
}: {
  readonly title: string;
  readonly entries: Readonly<Record<string, string>>;
}) {
  const names = Object.keys(entries).sort();
  if (names.length === 0) return null;
  return (
    <Panel title={title}>
      <Facts>
        {names.map((name) => (
          <Fact key={name} name={name}>
            {entries[name]}
          </Fact>
        ))}
      </Facts>
    </Panel>
  );
}
