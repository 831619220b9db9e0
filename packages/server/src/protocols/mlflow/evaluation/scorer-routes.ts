import { problemOfDefinition, type Scorers, type ScorerVersion } from '../../../evaluation/index.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, MlflowError, missingParameter } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';
import { experimentIdOf, experimentIdsOf, readExperimentNumber } from '../tracking/experiment-of.ts';

const longestName = 256;

/** Scorers are kept for clients that run them; what would make a client run code out of the registry is refused. */
export function scorerRoutes({ scorers }: { readonly scorers: Scorers }): readonly WireRoute[] {
  const path = '/mlflow/scorers';
  const version = '3.0';
  return [
    ...rpc({
      method: 'POST',
      version,
      path: `${path}/register`,
      access: 'tracking:write',
      answer: async ({ fields, context }) => {
        const experiment = readExperimentNumber(experimentIdOf(fields));
        const name = fields.text('name');
        const definition = fields.text('serialized_scorer');
        if (name.trim() === '')
          throw invalidParameter('Scorer name cannot be empty or contain only whitespace.');
        if (name.length > longestName)
          throw fields.refuse('name', `it is longer than ${longestName} characters`);
        refuseCode(fields, definition);
        const made = await scorers.register(context, { experiment, name, definition });
        return {
          version: made.version,
          scorer_id: made.scorerId,
          experiment_id: String(made.experiment),
          name: made.name,
          serialized_scorer: made.definition,
          creation_time: made.createdAt,
        };
      },
    }),
    ...rpc({
      method: 'GET',
      version,
      path: `${path}/list`,
      access: 'tracking:read',
      answer: async ({ fields, context }) => {
        const single = fields.optionalText('experiment_id') ?? '';
        const several = fields.has('experiment_ids')
          ? experimentIdsOf(fields).map(readExperimentNumber)
          : undefined;
        if (single !== '' && several !== undefined)
          throw invalidParameter("Cannot specify both 'experiment_id' and 'experiment_ids'.");
        const found =
          single === ''
            ? await scorers.list(context, several)
            : await scorers.listOf(context, readExperimentNumber(experimentIdOf(fields)));
        return { scorers: found.map(toMessage) };
      },
    }),
    ...rpc({
      method: 'GET',
      version,
      path: `${path}/versions`,
      access: 'tracking:read',
      answer: async ({ fields, context }) => {
        const found = await scorers.versions(context, readKey(fields));
        return { scorers: found.map(toMessage) };
      },
    }),
    ...rpc({
      method: 'GET',
      version,
      path: `${path}/get`,
      access: 'tracking:read',
      answer: async ({ fields, context }) => ({
        scorer: toMessage(await scorers.find(context, readKey(fields), fields.optionalInteger('version'))),
      }),
    }),
    ...rpc({
      method: 'DELETE',
      version,
      path: `${path}/delete`,
      access: 'tracking:write',
      answer: async ({ fields, context }) => {
        await scorers.remove(context, readKey(fields), fields.optionalInteger('version'));
      },
    }),
    // No scorer is ever run on a share of the traces that come; clients ask for that of each one they load.
    ...rpc({
      method: 'GET',
      version,
      path: `${path}/online-configs`,
      access: 'tracking:read',
      answer: async ({ fields }) => {
        if (fields.texts('scorer_ids').length === 0) throw missingParameter('scorer_ids');
        return { configs: [] };
      },
    }),
    ...rpc({
      method: 'PUT',
      version,
      path: `${path}/online-config`,
      access: 'tracking:write',
      answer: async ({ fields, context }) => {
        await scorers.find(context, readKey(fields), undefined);
        throw new MlflowError(
          'NOT_IMPLEMENTED',
          'This server runs no scorers on traces as they come. Run them where their model is, with mlflow.genai.evaluate().',
        );
      },
    }),
  ];
}

function readKey(fields: Fields) {
  return { experiment: readExperimentNumber(experimentIdOf(fields)), name: fields.text('name') };
}

/** A client that loads a scorer with `call_source` runs it, whoever put it there. */
function refuseCode(fields: Fields, definition: string): void {
  const problem = problemOfDefinition(definition);
  if (problem === 'not-json')
    throw fields.refuse('serialized_scorer', 'serialized_scorer must be valid JSON');
  if (problem === 'code')
    throw invalidParameter(
      'Custom scorer registration (using @scorer decorator) is refused: whoever loads such a scorer runs the code in it. Keep its code in a repository and register a scorer made of instructions.',
    );
}

function toMessage(version: ScorerVersion): Readonly<Record<string, unknown>> {
  return {
    experiment_id: version.experiment,
    scorer_name: version.name,
    scorer_version: version.version,
    serialized_scorer: version.definition,
    creation_time: version.createdAt,
    scorer_id: version.scorerId,
  };
}
