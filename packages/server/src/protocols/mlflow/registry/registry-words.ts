import type { RegisteredModel } from '@esteira/contracts';
import type { LabelledVersion } from '../../../registry/index.ts';
import { stageName } from './registry-checks.ts';

/** A registered model in the words of the wire, with its newest version in each stage. */
export function modelToWire(model: RegisteredModel, newest: readonly LabelledVersion[]) {
  return {
    name: model.name,
    creation_timestamp: model.createdAt,
    last_updated_timestamp: model.updatedAt,
    description: model.description,
    latest_versions: newest.map(versionToWire),
    tags: tagsToWire(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, version]) => ({ alias, version: String(version) })),
  };
}

/** A version in the words of the wire. Numbers of versions are texts there. */
export function versionToWire(version: LabelledVersion) {
  return {
    name: version.model,
    version: String(version.version),
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
    description: version.description,
    current_stage: stageName(version.stage),
    source: version.source,
    run_id: version.runId ?? '',
    run_link: version.runLink,
    status: 'READY',
    tags: tagsToWire(version.tags),
    aliases: version.aliases,
  };
}

function tagsToWire(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
