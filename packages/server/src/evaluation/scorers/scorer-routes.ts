import { type JsonValue, type ScorerVersion, scorersApi } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import {
  type NamedExperiment,
  type NamedExperiments,
  nameExperiments,
  numberOfExperiment,
} from '../named-experiments.ts';
import { problemOfDefinition } from './scorer-definition.ts';
import type { ScorerVersion as Version } from './scorer-store.ts';
import type { Scorers } from './scorers.ts';

/** Scorers by the native API. */
export function scorerRoutes({
  scorers,
  experiments,
}: {
  readonly scorers: Scorers;
  readonly experiments: NamedExperiments;
}): readonly RouteBinding[] {
  async function show(workspace: string, found: readonly Version[]): Promise<ScorerVersion[]> {
    const numbers = found.map(({ experiment }) => experiment);
    const named = await nameExperiments(experiments, workspace, numbers);
    return found.map((version) => versionToWire(version, named(version.experiment)));
  }
  async function showOne(workspace: string, version: Version): Promise<ScorerVersion> {
    const named = await nameExperiments(experiments, workspace, [version.experiment]);
    return versionToWire(version, named(version.experiment));
  }

  return [
    bindRoute(scorersApi.listScorers, async ({ query }, { workspace }) => {
      const { experiment, ...page } = query;
      const number =
        experiment === undefined ? undefined : await numberOfExperiment(experiments, workspace, experiment);
      const { items, ...rest } = await scorers.page(workspace, { experiment: number, ...page });
      return { items: await show(workspace, items), ...rest };
    }),
    bindRoute(scorersApi.registerScorer, async ({ body }, context) => {
      const experiment = await numberOfExperiment(experiments, context.workspace, body.experiment);
      const definition = JSON.stringify(body.definition);
      if (problemOfDefinition(definition) !== undefined)
        throw esteiraError('SCORER_HOLDS_CODE', { name: body.name });
      const made = await scorers.register(context, { experiment, name: body.name, definition });
      return await showOne(context.workspace, made);
    }),
    bindRoute(scorersApi.getScorer, async ({ params }, { workspace }) =>
      showOne(workspace, await scorers.byId(workspace, params.id)),
    ),
    bindRoute(scorersApi.listScorerVersions, async ({ params, query }, { workspace }) => {
      const { items, ...rest } = await scorers.versionsOf(workspace, params.id, query);
      return { items: await show(workspace, items), ...rest };
    }),
    bindRoute(scorersApi.deleteScorer, async ({ params, query }, context) => {
      const { experiment, name } = await scorers.byId(context.workspace, params.id);
      await scorers.remove(context, { experiment, name }, query.version);
      return {};
    }),
  ];
}

function versionToWire(found: Version, experiment: NamedExperiment): ScorerVersion {
  const { scorerId, name, version, definition, createdBy, createdAt } = found;
  return { id: scorerId, experiment, name, version, definition: parsed(definition), createdBy, createdAt };
}

/** Definitions are checked before they are kept. */
function parsed(definition: string): JsonValue {
  return JSON.parse(definition) as JsonValue;
}
