import { keepsAnswers, type ServableVersion } from '@esteira/contracts';
import { primaryVersion } from '../endpoints/desired-endpoint.ts';
import type { EndpointRecord } from '../endpoints/endpoint-store.ts';
import type { RolloutKind } from './promote-steps.ts';

/** Whom a promotion affects, and what ends for them with it: an endpoint that keeps answers may not keep those of this version. */
export function promotionRadius(
  { name, stage, desired }: Pick<EndpointRecord, 'name' | 'stage' | 'desired'>,
  version: Pick<ServableVersion, 'version' | 'signature'>,
  kind: RolloutKind,
): string {
  const callers = `All callers of ${name} (${stage})`;
  const answering = primaryVersion(desired) ?? 'the fallback';
  const affected =
    kind === 'nothing'
      ? `${callers}, which answers nobody yet.`
      : `${callers}, now answered by ${answering}; at most the share of the step while it is compared.`;
  if (desired.cache === undefined || keepsAnswers(desired.cache, version.signature)) return affected;
  return `${affected} Answers of version ${version.version} are not kept: nothing says that it answers equal questions equally.`;
}
