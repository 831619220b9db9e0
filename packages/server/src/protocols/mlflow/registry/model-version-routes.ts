import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { LabelledVersion, RegistryService } from '../../../registry/index.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { type CreateVersionDeps, createVersion } from './create-version.ts';
import { frozenLocation } from './frozen-files.ts';
import { readPageToken } from './registered-model-routes.ts';
import {
  readDescription,
  readMaxResults,
  readModelName,
  readTagKey,
  readTagValue,
  readVersionNumber,
  toStage,
} from './registry-checks.ts';
import { readVersionFilter, readVersionOrder } from './registry-filter.ts';
import { registryRpc, versionNotFound } from './registry-rpc.ts';
import { versionToWire } from './registry-words.ts';

/** Versions of registered models, their stages and tags. */
export function modelVersionRoutes(
  deps: CreateVersionDeps & { readonly registry: RegistryService },
): readonly WireRoute[] {
  const { registry } = deps;

  async function existing(workspace: string, name: string, version: number): Promise<LabelledVersion> {
    const found = await registry.resolveVersion(workspace, name, String(version));
    if (found === undefined) throw versionNotFound(name, version);
    return found;
  }

  return [
    ...registryRpc({
      method: 'POST',
      path: '/mlflow/model-versions/create',
      access: 'registry:write',
      answer: async (call) => ({ model_version: versionToWire(await createVersion(deps, call)) }),
    }),
    ...registryRpc({
      method: 'GET',
      path: '/mlflow/model-versions/get',
      access: 'registry:read',
      answer: async ({ fields, context: { workspace } }) => ({
        model_version: versionToWire(
          await existing(workspace, readModelName(fields), readVersionNumber(fields)),
        ),
      }),
    }),
    ...registryRpc({
      method: 'PATCH',
      path: '/mlflow/model-versions/update',
      access: 'registry:write',
      async answer({ fields, context }) {
        const version = { model: readModelName(fields), version: readVersionNumber(fields) };
        const described = await registry.describeVersion(context, version, readDescription(fields));
        return { model_version: versionToWire(described) };
      },
    }),
    ...registryRpc({
      method: 'POST',
      path: '/mlflow/model-versions/transition-stage',
      access: 'registry:write',
      async answer({ fields, context }) {
        const model = readModelName(fields);
        const version = readVersionNumber(fields);
        const name = fields.text('stage');
        const stage = toStage(name);
        const archiveOthers = fields.optionalFlag('archive_existing_versions') ?? false;
        if (archiveOthers && stage !== 'staging' && stage !== 'production') {
          throw invalidParameter(
            `Model version transition cannot archive existing model versions because '${name}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
          );
        }
        await registry.moveLabel(context, { action: 'set-stage', model, version, stage, archiveOthers });
        return { model_version: versionToWire(await existing(context.workspace, model, version)) };
      },
    }),
    ...registryRpc({
      method: 'DELETE',
      path: '/mlflow/model-versions/delete',
      access: 'registry:write',
      answer: ({ fields, context }) =>
        registry.moveLabel(context, {
          action: 'delete-version',
          model: readModelName(fields),
          version: readVersionNumber(fields),
        }),
    }),
    ...registryRpc({
      method: 'GET',
      path: '/mlflow/model-versions/search',
      access: 'registry:read',
      async answer({ fields, context: { workspace } }) {
        const { items, nextCursor } = await registry.searchVersions(workspace, {
          ...readVersionFilter(fields.optionalText('filter') ?? ''),
          order: readVersionOrder(fields.texts('order_by')),
          limit: readMaxResults(fields, 10_000, 200_000),
          cursor: readPageToken(fields),
        });
        return {
          model_versions: items.map(versionToWire),
          ...(nextCursor === undefined ? {} : { next_page_token: nextCursor }),
        };
      },
    }),
    ...registryRpc({
      method: 'GET',
      path: '/mlflow/model-versions/get-download-uri',
      access: 'registry:read',
      async answer({ fields, context: { workspace } }) {
        const version = await existing(workspace, readModelName(fields), readVersionNumber(fields));
        const asFrozen = version.location !== '' && (await registry.isAsFrozen(workspace, version));
        return {
          artifact_uri: asFrozen ? version.location : frozenLocation(version),
        };
      },
    }),
    ...registryRpc({
      method: 'POST',
      path: '/mlflow/model-versions/set-tag',
      access: 'registry:write',
      answer: ({ fields, context }) =>
        registry.setVersionTag(context, {
          model: readModelName(fields),
          version: readVersionNumber(fields),
          name: readTagKey(fields),
          value: readTagValue(fields),
        }),
    }),
    ...registryRpc({
      method: 'DELETE',
      path: '/mlflow/model-versions/delete-tag',
      access: 'registry:write',
      answer: ({ fields, context }) =>
        registry.deleteVersionTag(context, {
          model: readModelName(fields),
          version: readVersionNumber(fields),
          name: readTagKey(fields),
        }),
    }),
  ];
}
