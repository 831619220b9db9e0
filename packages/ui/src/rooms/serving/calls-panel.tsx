import { Anchor } from '@mantine/core';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { Person } from '../../components/person.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import type { CalledEndpoint, ExampleTensor } from './call-snippets.ts';
import { SnippetsView } from './snippets-view.tsx';

interface Described {
  readonly info?: {
    readonly 'x-esteira'?: { readonly owner?: string; readonly sla?: { readonly p95Ms?: number | null } };
  };
  readonly paths?: Readonly<Record<string, DescribedPath>>;
}

interface DescribedPath {
  readonly post?: {
    readonly requestBody?: {
      readonly content?: Readonly<Record<string, { readonly example?: unknown }>>;
    };
  };
}

/** How the endpoint is called: a request to copy, what it promises, and its description for tools. */
export function CallsPanel({ endpoint }: { readonly endpoint: Answer<'serving', 'endpoint'> }) {
  const { t, format } = useMessages();
  const document = useAnswer('serving', 'endpointOpenapi', { params: { name: endpoint.name } });
  const { name, served } = endpoint;
  return (
    <Panel title={t('endpoint.calls')}>
      <Answered query={document} lines={3}>
        {(answer) => {
          const described = answer as Described;
          const about = described.info?.['x-esteira'];
          const p95Ms = about?.sla?.p95Ms ?? null;
          return (
            <>
              <Facts>
                <Fact name={t('endpoint.owner')}>{about?.owner ? <Person id={about.owner} /> : null}</Fact>
                <Fact name={t('endpoint.sla')}>{p95Ms === null ? null : format.duration(p95Ms)}</Fact>
                <Fact name="OpenAPI">
                  <Anchor href={`/api/v1/endpoints/${endpoint.name}/openapi.json`} inherit>
                    openapi.json
                  </Anchor>
                </Fact>
              </Facts>
              {served === null ? null : (
                <SnippetsView called={{ name, ...served, ...examplesIn(described, name) }} />
              )}
            </>
          );
        }}
      </Answered>
    </Panel>
  );
}

/** The examples of the description: tensors, and a row of named columns. */
function examplesIn({ paths = {} }: Described, name: string): Pick<CalledEndpoint, 'tensors' | 'record'> {
  const exampleOf = (path: string): unknown =>
    paths[path]?.post?.requestBody?.content?.['application/json']?.example;
  const { inputs = [] } = (exampleOf(`/v2/models/${name}/infer`) ?? {}) as {
    inputs?: readonly ExampleTensor[];
  };
  const { dataframe_records: records = [] } = (exampleOf(`/models/${name}/invocations`) ?? {}) as {
    dataframe_records?: readonly Readonly<Record<string, unknown>>[];
  };
  return { tensors: inputs, record: records[0] ?? {} };
}
