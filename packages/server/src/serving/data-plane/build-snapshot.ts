import { setImmediate as turn } from 'node:timers/promises';
import type {
  BundleRef,
  DataPlaneSnapshot,
  DesiredEndpoint,
  DesiredPredictor,
  PredictorRef,
  ServableVersion,
  ServedEndpoint,
} from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { describeEndpoint } from '../endpoints/describe-endpoint.ts';
import { primaryVersion, versionsOf } from '../endpoints/desired-endpoint.ts';
import { type EndpointRecord, listServed, snapshotRevision } from '../endpoints/endpoint-store.ts';
import { listKeys, type StoredKey } from '../endpoints/key-store.ts';
import type { ModelSecrets } from '../endpoints/model-secrets.ts';
import type { ProbeKeys } from '../endpoints/probe-keys.ts';

// Others are answered between: a workspace may have hundreds, with ten thousands of keys.
const endpointsAtOnce = 16;

/** Writes out all that the workspace's model servers need. The revision is read first: a later change raises it again. */
export async function buildSnapshot(
  deps: {
    readonly sql: SqlReader;
    readonly probeKeys: ProbeKeys;
    readonly modelSecrets: Pick<ModelSecrets, 'open'>;
    readonly findVersion: (workspace: string, id: string) => Promise<ServableVersion | undefined>;
    readonly projects: {
      find(workspace: string, name: string): Promise<{ sla: { p95Ms: number } } | undefined>;
    };
  },
  workspace: string,
): Promise<DataPlaneSnapshot> {
  const revision = await snapshotRevision(deps.sql, workspace);
  const keys = byEndpoint(await listKeys(deps.sql, workspace));
  const endpoints: ServedEndpoint[] = [];
  const secrets = new Set<string>();
  for (const record of await listServed(deps.sql, workspace)) {
    if (endpoints.length % endpointsAtOnce === endpointsAtOnce - 1) await turn();
    const versions = new Map<string, ServableVersion>();
    for (const id of versionsOf(record.desired)) {
      const version = await deps.findVersion(workspace, id);
      if (version === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: id });
      versions.set(id, version);
      const { remote, pipeline } = version.signature;
      const asked: readonly { secret?: string }[] = [remote ?? {}, ...Object.values(pipeline?.pinned ?? {})];
      for (const { secret } of asked) if (secret !== undefined) secrets.add(secret);
    }
    const own = keys.get(record.name) ?? [];
    const probe = deps.probeKeys.servedKey(workspace, record.name);
    const reader = primaryVersion(record.desired) ?? record.desired.readAs;
    const project = await deps.projects.find(workspace, record.project);
    const openapi = describeEndpoint({
      endpoint: record,
      version: reader === null ? undefined : versions.get(reader),
      url: undefined,
      p95Ms: project?.sla.p95Ms,
    });
    endpoints.push({ ...toServed(record, versions, [...own.map(toServedKey), probe]), openapi });
  }
  if (secrets.size === 0) return { workspace, revision, endpoints };
  return { workspace, revision, endpoints, secrets: await deps.modelSecrets.open(workspace, secrets) };
}

function byEndpoint(keys: readonly StoredKey[]): ReadonlyMap<string, readonly StoredKey[]> {
  const found = new Map<string, StoredKey[]>();
  for (const key of keys) {
    for (const endpoint of new Set(key.endpoints)) {
      const own = found.get(endpoint) ?? [];
      own.push(key);
      found.set(endpoint, own);
    }
  }
  return found;
}

/** One endpoint as a model server reads it. */
export function toServed(
  record: Pick<EndpointRecord, 'name' | 'stage' | 'revision'> & { readonly desired: DesiredEndpoint },
  versions: ReadonlyMap<string, ServableVersion>,
  keys: ServedEndpoint['keys'],
): ServedEndpoint {
  const { desired } = record;
  const reader = desired.readAs === null ? undefined : versions.get(desired.readAs);
  return {
    name: record.name,
    stage: record.stage,
    revision: record.revision,
    arms: desired.arms.map((arm) => ({ ...arm, predictor: toPredictorRef(arm.predictor, versions) })),
    shadow: desired.shadow && {
      share: desired.shadow.share,
      predictor: { kind: 'version', bundle: bundleOf(desired.shadow.modelVersionId, versions) },
    },
    standby: desired.standby.map((id) => bundleOf(id, versions)),
    fallback: desired.fallback && toPredictorRef(desired.fallback, versions),
    readAs: reader === undefined ? null : { modelVersionId: reader.id, signature: reader.signature },
    fault: desired.fault,
    limits: desired.limits,
    ...(desired.policies === undefined ? {} : { policies: desired.policies }),
    ...(desired.cache === undefined ? {} : { cache: desired.cache }),
    ...(desired.frozen === undefined ? {} : { frozen: desired.frozen.reason }),
    keys,
  };
}

function toPredictorRef(
  predictor: DesiredPredictor,
  versions: ReadonlyMap<string, ServableVersion>,
): PredictorRef {
  if (predictor.kind === 'rule') return predictor;
  return { kind: 'version', bundle: bundleOf(predictor.modelVersionId, versions) };
}

function bundleOf(id: string, versions: ReadonlyMap<string, ServableVersion>): BundleRef {
  const version = versions.get(id);
  if (version === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: id });
  return {
    modelVersionId: version.id,
    model: version.model,
    version: version.version,
    digest: version.digest,
    files: version.artifacts.map(({ path, digest, size }) => ({ name: path, digest, size })),
  };
}

function toServedKey(key: StoredKey): ServedEndpoint['keys'][number] {
  const { id, hash, requestsPerSecond, burst, expiresAt, quotaPerDay, permissions } = key;
  const quota = quotaPerDay === null ? {} : { quotaPerDay };
  const more = permissions.length === 0 ? {} : { permissions };
  return { id, hash, purpose: 'user', requestsPerSecond, burst, expiresAt, ...quota, ...more };
}
