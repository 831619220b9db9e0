import type { JsonValue, RegisteredVersion } from '@esteira/contracts';
import type { EvidenceReader } from '../governance/index.ts';
import type { RegistryService } from './registry-service.ts';
import { showVersion } from './show-version.ts';

/** What gates may know of a version; `bytesDigestNow` is computed from the stored bytes at the reading. */
export function createRegistryEvidence(registry: RegistryService): readonly EvidenceReader[] {
  return [
    {
      name: 'version',
      async read(context, subject) {
        const version = await registry.versionById(context.workspace, subject.modelVersionId);
        if (version === undefined || version.model !== subject.model) return undefined;
        const { digest } = version;
        return describe(
          showVersion(version),
          digest === null ? '' : await registry.digestOfBytes({ digest }),
        );
      },
    },
  ];
}

/** A version that was registered as it is has nulls and empty texts, which no rule takes for evidence. */
function describe(version: RegisteredVersion, bytesDigestNow: string): JsonValue {
  return {
    id: version.id,
    model: version.model,
    version: version.version,
    status: version.status,
    digest: version.digest ?? '',
    bytesDigestNow,
    trainedModelId: version.trainedModelId,
    evaluationId: version.evaluationId,
    runId: version.runId,
    splitId: version.splitId,
    datasetVersions: version.datasetVersions,
    metrics: version.metrics,
    signature: {
      inputs: version.signature?.inputs ?? [],
      outputs: version.signature?.outputs ?? [],
      features: version.signature?.features.map((feature) => feature.name) ?? [],
    },
    environment: version.environment,
    artifacts: version.artifacts,
  };
}
