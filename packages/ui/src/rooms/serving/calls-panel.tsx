import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

interface Described {
  readonly info?: {
    readonly 'x-esteira'?: { readonly owner?: string; readonly sla?: { readonly p95Ms?: number | null } };
  };
  readonly paths?: Readonly<
    Record<
      string,
      {
        readonly post?: {
          readonly requestBody?: {
            readonly content?: Readonly<Record<string, { readonly example?: unknown }>>;
          };
        };
      }
    >
  >;
}

/** How the endpoint is called: a request to copy, what it promises, and its description for tools. */
export function CallsPanel({ endpoint }: { readonly endpoint: Answer<'serving', 'endpoint'> }) {
  const { t, format } = useMessages();
  const document = useAnswer('serving', 'endpointOpenapi', { params: { name: endpoint.name } });
  const url = endpoint.served?.httpUrl;
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
                <Fact name={t('endpoint.owner')}>{about?.owner}</Fact>
                <Fact name={t('endpoint.sla')}>{p95Ms === null ? null : format.duration(p95Ms)}</Fact>
                <Fact name="OpenAPI">
                  <a href={`/api/v1/endpoints/${endpoint.name}/openapi.json`}>openapi.json</a>
                </Fact>
              </Facts>
              {url === undefined
                ? null
                : Object.entries(described.paths ?? {}).map(([path, { post }]) => (
                    <CommandLine key={path} command={curlOf(url + path, post?.requestBody?.content)} />
                  ))}
            </>
          );
        }}
      </Answered>
    </Panel>
  );
}

function curlOf(
  url: string,
  content: Readonly<Record<string, { readonly example?: unknown }>> | undefined,
): string {
  const example = JSON.stringify(content?.['application/json']?.example ?? {});
  return `curl -s ${url} -H 'authorization: Bearer <key>' -H 'content-type: application/json' -d '${example}'`;
}
