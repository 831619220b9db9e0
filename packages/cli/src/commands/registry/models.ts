import { api, VersionStage } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import { Argument, type Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { convertSource } from '../../deploy/convert-source.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { findModelVersion } from '../../model-version-name.ts';
import { bytes, number, shortDigest, time } from '../../number-text.ts';
import { parseInteger } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';
import { addModelSecretCommands } from './model-secrets.ts';

type ModelVersion = Awaited<ReturnType<EsteiraClient['registry']['versionById']>>;
type Model = Awaited<ReturnType<EsteiraClient['registry']['model']>>;

/** `esteira models`: registered models and their frozen versions. */
export function addModelsCommand(program: Command, context: CommandContext): void {
  const models = program.command('models').description('Registered models and their frozen versions');

  addPagedListing(models, context, {
    command: 'list',
    summary: api.registry.models.summary,
    read: ({ prompts, ...query }: PageFlags & { project?: string; prompts?: true }) =>
      context.client().registry.models({ query: { ...query, kind: prompts ? 'prompt' : 'model' } }),
    columns: {
      name: (model) => model.name,
      project: (model) => model.project,
      'latest version': (model) => String(model.latestVersion),
      aliases: describeAliases,
      created: (model) => time(model.createdAt),
    },
  })
    .option('--project <name>', 'of one project')
    .option('--prompts', 'prompts, which are kept like models');

  models
    .command('create <name>')
    .description(api.registry.createModel.summary)
    .requiredOption('--project <name>', 'the project it belongs to')
    .option('--description <text>', 'what it is', '')
    .action(async (name: string, flags: { project: string; description: string }) => {
      const model = await context.client().registry.createModel({ body: { name, ...flags } });
      context.output().result(model, `opened the model ${model.name}`);
    });

  models
    .command('show <name>')
    .description(api.registry.model.summary)
    .action(async (name: string) => {
      const model = await context.client().registry.model({ params: { name } });
      const text = facts([
        ['model', model.name],
        ['project', model.project],
        ['description', model.description],
        ['latest version', String(model.latestVersion)],
        ['aliases', describeAliases(model)],
        ['created', `${time(model.createdAt)} by ${model.createdBy}`],
      ]);
      context.output().result(model, text);
    });

  addPagedListing(models, context, {
    command: 'versions <name>',
    summary: api.registry.versions.summary,
    read: (name: string, query: PageFlags) => context.client().registry.versions({ params: { name }, query }),
    columns: {
      version: (version) => `${version.model}@${version.version}`,
      id: (version) => version.id,
      size: (version) => bytes(version.bytes),
      digest: (version) => (version.digest === null ? '-' : shortDigest(version.digest)),
      stage: (version) => version.stage,
      created: (version) => time(version.createdAt),
    },
  });

  models
    .command('version <model@version>')
    .description('Shows a version by its number, an alias, or its id.')
    .action(async (text: string) => {
      const version = await findModelVersion(context, text);
      context.output().result(version, describeVersion(version));
    });

  models
    .command('register <name>')
    .description(`${api.registry.registerVersion.summary} Exit code 3 when it is not fit to be registered.`)
    .requiredOption('--trained-model <id>', 'what to freeze')
    .requiredOption('--evaluation <id>', 'how good it is')
    .option('--description <text>', 'what is new', '')
    .action(
      async (name: string, flags: { trainedModel: string; evaluation: string; description: string }) => {
        const version = await context.client().registry.registerVersion({
          params: { name },
          body: {
            trainedModelId: flags.trainedModel,
            evaluationId: flags.evaluation,
            description: flags.description,
          },
        });
        context
          .output()
          .result(
            version,
            `${version.model}@${version.version} ${version.id}, ${shortDigest(version.digest)}`,
          );
      },
    );

  models
    .command('convert <model@version>')
    .description(api.registry.convert.summary)
    .option('--description <text>', 'what is new', '')
    .action(async (text: string, { description }: { description: string }) => {
      const original = await findModelVersion(context, text);
      const wanted = { model: original.model, description };
      const { version, ...rest } = await convertSource(context, wanted, { modelVersionId: original.id });
      context.output().result({ ...version, ...rest }, `${version.model}@${version.version} ${version.id}`);
    });

  models
    .command('allow-pickle <digest>')
    .description(api.registry.allowPickle.summary)
    .requiredOption('--reason <text>', 'where the file comes from and who looked at it')
    .action(async (digest: string, { reason }: { reason: string }) => {
      const allowed = await context.client().registry.allowPickle({ body: { digest, reason } });
      context.output().result(allowed, `${allowed.digest} may be loaded`);
    });

  models
    .command('forbid-pickle <digest>')
    .description(api.registry.forbidPickle.summary)
    .action(async (digest: string) => {
      const forbidden = await context.client().registry.forbidPickle({ params: { digest } });
      context.output().result(forbidden, `${forbidden.digest} may not be loaded`);
    });

  addPagedListing(models, context, {
    command: 'pickles',
    summary: api.registry.allowedPickles.summary,
    read: (query: PageFlags) => context.client().registry.allowedPickles({ query }),
    columns: {
      digest: (pickle) => pickle.digest,
      reason: (pickle) => pickle.reason,
      'allowed by': (pickle) => pickle.allowedBy,
      at: (pickle) => time(pickle.allowedAt),
    },
  });

  addModelSecretCommands(models, context);

  models
    .command('alias')
    .argument('<name>', 'the model')
    .argument('<alias>', 'such as champion')
    .argument('<version>', 'number of the version', parseInteger)
    .description(api.registry.setAlias.summary)
    .action(async (name: string, alias: string, version: number) => {
      const model = await context.client().registry.setAlias({ params: { name, alias }, body: { version } });
      context.output().result(model, `${model.name}: ${describeAliases(model)}`);
    });

  models
    .command('unalias <name> <alias>')
    .description(api.registry.deleteAlias.summary)
    .action(async (name: string, alias: string) => {
      const model = await context.client().registry.deleteAlias({ params: { name, alias } });
      context.output().result(model, `${model.name}: ${describeAliases(model)}`);
    });

  models
    .command('stage')
    .argument('<name>', 'the model')
    .argument('<version>', 'number of the version, or an alias')
    .addArgument(new Argument('<stage>', 'where it stands').choices(VersionStage.options))
    .option('--archive-others', 'archive the versions that hold the stage', false)
    .description(api.registry.setStage.summary)
    .action(
      async (name: string, version: string, stage: string, { archiveOthers }: { archiveOthers: boolean }) => {
        const body = { stage: VersionStage.parse(stage), archiveOthers };
        const moved = await context.client().registry.setStage({ params: { name, version }, body });
        context.output().result(moved, `${moved.model}@${moved.version}: ${moved.stage}`);
      },
    );

  models
    .command('rename <name> <new-name>')
    .description(api.registry.renameModel.summary)
    .action(async (name: string, newName: string) => {
      const model = await context
        .client()
        .registry.renameModel({ params: { name }, body: { name: newName } });
      context.output().result(model, `${name} is ${model.name} now`);
    });

  models
    .command('delete <name>')
    .description(api.registry.deleteModel.summary)
    .action(async (name: string) => {
      const answer = await context.client().registry.deleteModel({ params: { name } });
      context.output().result(answer, `deleted ${name}`);
    });

  models
    .command('delete-version <name> <version>')
    .description(api.registry.deleteVersion.summary)
    .action(async (name: string, version: string) => {
      const answer = await context.client().registry.deleteVersion({ params: { name, version } });
      context.output().result(answer, `deleted ${name}@${version}`);
    });

  models
    .command('guards <name>')
    .description(api.registry.labelGuards.summary)
    .action(async (name: string) => {
      const answer = await context.client().registry.labelGuards({ params: { name } });
      const text = table(answer.items, {
        label: ({ kind, label }) => `${kind} ${label}`,
        because: ({ because }) => because,
        by: ({ by }) => by,
      });
      context.output().result(answer, text);
    });

  models
    .command('protect [patterns...]')
    .description(`${api.registry.putProtectedLabels.summary} Without patterns, shows them.`)
    .option('--none', 'protect nothing', false)
    .action(async (patterns: string[], { none }: { none: boolean }) => {
      const { registry } = context.client();
      const answer =
        patterns.length === 0 && !none
          ? await registry.protectedLabels({})
          : await registry.putProtectedLabels({ body: { patterns } });
      context.output().result(answer, answer.patterns.join('\n'));
    });
}

function describeAliases({ aliases }: Pick<Model, 'aliases'>): string {
  return Object.entries(aliases)
    .map(([alias, version]) => `${alias}→${version}`)
    .join(', ');
}

function describeVersion(version: ModelVersion): string {
  return paragraphs(
    facts([
      ['version', `${version.model}@${version.version} ${version.id}`],
      ['project', version.project],
      ['source', version.source],
      ['stage', version.stage],
      ['aliases', version.aliases.join(', ')],
      ['deployable', version.notDeployable === null ? 'yes' : `no: ${version.notDeployable}`],
      ['digest', version.digest ?? '-'],
      ['size', bytes(version.bytes)],
      ['task', version.signature?.task ?? '-'],
      ['features', version.signature?.features.map(({ name }) => name).join(', ') ?? '-'],
      ['trained model', version.trainedModelId ?? '-'],
      ['evaluation', version.evaluationId ?? '-'],
      ['run', version.runId ?? '-'],
      ['split', version.splitId ?? '-'],
      ['data', version.datasetVersions.map(({ id, digest }) => `${id} ${shortDigest(digest)}`).join('\n')],
      ['code', version.environment?.codeCommit ?? '-'],
      ['environment', version.environment?.digest ?? '-'],
      ['created', `${time(version.createdAt)} by ${version.createdBy}`],
    ]),
    table(Object.entries(version.metrics), { metric: ([name]) => name, value: ([, value]) => number(value) }),
    table(version.artifacts, {
      file: (file) => file.path,
      size: (file) => bytes(file.size),
      digest: (file) => shortDigest(file.digest),
    }),
  );
}
