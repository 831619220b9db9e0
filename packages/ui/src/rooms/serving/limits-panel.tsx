import type { Answer } from '../../api/answers.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

/** What the endpoint allows a request, and where the model server listens. */
export function LimitsPanel({ endpoint }: { readonly endpoint: Answer<'serving', 'endpoint'> }) {
  const { t, format } = useMessages();
  const { served, desired, revision } = endpoint;
  const { timeoutMs, maxRows, maxBodyBytes } = desired.limits;
  return (
    <Panel title={t('endpoint.serving')}>
      <Facts>
        <Fact name={t('endpoints.revision')}>{format.integer(revision)}</Fact>
        <Fact name={t('endpoint.servedRevision')}>{served ? format.integer(served.revision) : '–'}</Fact>
        <Fact name={t('endpoint.memory')}>{served ? format.bytes(served.memoryBytes) : '–'}</Fact>
        {served?.contract ? (
          <Fact name={t('endpoint.openTo')}>{t('endpoint.openToAll', { contract: served.contract })}</Fact>
        ) : null}
        <Fact name={t('endpoint.problem')}>{served?.problem}</Fact>
        <Fact name={t('endpoint.address')}>
          {served ? (
            <span className="mono">
              {served.httpUrl}/v2/models/{endpoint.name}/infer
            </span>
          ) : null}
        </Fact>
        <Fact name="gRPC">
          {served?.grpcAddress ? <span className="mono">{served.grpcAddress}</span> : null}
        </Fact>
        <Fact name={t('endpoint.timeout')}>{format.duration(timeoutMs)}</Fact>
        <Fact name={t('endpoint.maxRows')}>{format.integer(maxRows)}</Fact>
        <Fact name={t('endpoint.maxBody')}>{format.bytes(maxBodyBytes)}</Fact>
        <Fact name={t('endpoint.policies')}>{describePolicies(desired.policies)}</Fact>
        <Fact name={t('endpoint.follows')}>
          {desired.follow === undefined ? null : `${endpoint.model}@${desired.follow.alias}`}
        </Fact>
        <Fact name={t('endpoint.frozen')}>{desired.frozen?.reason}</Fact>
      </Facts>
    </Panel>
  );
}

function describePolicies(policies: Answer<'serving', 'endpoint'>['desired']['policies']): string | null {
  const entries = Object.entries(policies ?? {});
  return entries.length === 0 ? null : entries.map(([name, { policy }]) => `${name} (${policy})`).join(', ');
}
