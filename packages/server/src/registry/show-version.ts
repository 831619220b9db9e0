import type { RegisteredVersion } from '@esteira/contracts';
import type { LabelledVersion } from './version-label-store.ts';
import type { StoredVersion } from './version-store.ts';

/** A version with what it has. */
export function showVersion(version: LabelledVersion): RegisteredVersion {
  const { checked, inspected } = version;
  return {
    id: version.id,
    model: version.model,
    version: version.version,
    project: version.project,
    status: 'ready',
    digest: version.digest,
    bytes: version.bytes,
    artifacts: [...version.artifacts],
    signature: (checked ?? inspected)?.signature ?? null,
    trainedModelId: checked?.trainedModelId ?? null,
    evaluationId: checked?.evaluationId ?? null,
    runId: version.runId,
    splitId: checked?.splitId ?? null,
    datasetVersions: checked?.datasetVersions ?? [],
    metrics: checked?.metrics ?? {},
    environment: checked?.environment ?? null,
    examplesFrom: (checked ?? inspected)?.examplesFrom ?? null,
    notDeployable: checked === undefined && inspected === undefined ? whyNotDeployable(version) : null,
    unproven: inspected === undefined ? null : whyUnproven(version),
    source: version.source,
    loggedModelId: version.loggedModelId,
    stage: version.stage,
    aliases: version.aliases,
    tags: version.tags,
    description: version.description,
    createdBy: version.createdBy,
    createdAt: version.createdAt,
    updatedAt: version.updatedAt,
  };
}

/** What keeps a version in development whose graph was inspected, and nothing else. */
function whyUnproven({ source }: Pick<StoredVersion, 'source'>): string {
  return `it was registered from ${source} without training data, a baseline and an evaluation that are known here`;
}

/** What a version lacks that was registered as it is. */
export function whyNotDeployable({ digest, source }: Pick<StoredVersion, 'digest' | 'source'>): string {
  const files = digest === null ? 'it has no files, ' : '';
  return `${files}it was registered from ${source} as it is, without a checked graph, a signature and an evaluation`;
}
