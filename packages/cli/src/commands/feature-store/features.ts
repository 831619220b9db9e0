import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { readDocument } from '../../files.ts';
import { followJob } from '../../follow/follow-job.ts';
import { number, plain, time } from '../../number-text.ts';
import { collectAssignment, parseTime } from '../../option-values.ts';
import { paragraphs, table } from '../../output.ts';
import type { RequestBody } from '../../request-body.ts';

type Client = ReturnType<CommandContext['client']>['featureStore'];
type Named<Verb extends 'putEntity' | 'putFeatureView' | 'putFeatureService'> = {
  readonly name: string;
} & RequestBody<Client[Verb]>;
type TrainingSet = RequestBody<Client['createTrainingSet']>;
type Row = RequestBody<Client['readOnline']>['rows'][number];

interface FeatureFile {
  readonly entities?: readonly Named<'putEntity'>[];
  readonly featureViews?: readonly Named<'putFeatureView'>[];
  readonly featureServices?: readonly Named<'putFeatureService'>[];
}

/** `esteira features`: entities, feature views and feature services; training sets and online values. */
export function addFeaturesCommand(program: Command, context: CommandContext): void {
  const features = program
    .command('features')
    .description('Features: definitions, training sets, online values');

  features
    .command('put <file>')
    .description(
      'Declares the entities, featureViews and featureServices of a YAML file; what is unchanged makes no version',
    )
    .action(async (file: string) => {
      const document = await readDocument<FeatureFile>(context, file);
      const { featureStore } = context.client();
      const done: { kind: string; name: string; version: number }[] = [];
      for (const { name, ...body } of document.entities ?? []) {
        done.push({ kind: 'entity', ...(await featureStore.putEntity({ params: { name }, body })) });
      }
      for (const { name, ...body } of document.featureViews ?? []) {
        done.push({
          kind: 'feature view',
          ...(await featureStore.putFeatureView({ params: { name }, body })),
        });
      }
      for (const { name, ...body } of document.featureServices ?? []) {
        done.push({
          kind: 'feature service',
          ...(await featureStore.putFeatureService({ params: { name }, body })),
        });
      }
      const text = table(done, {
        kind: (item) => item.kind,
        name: (item) => item.name,
        version: (item) => String(item.version),
      });
      context.output().result({ items: done }, text);
    });

  features
    .command('list')
    .description('Lists entities, feature views with their last materialization, and feature services')
    .action(async () => {
      const { featureStore } = context.client();
      const query = { limit: 1000 };
      const [entities, views, services] = [
        (await featureStore.entities({ query })).items,
        (await featureStore.featureViews({ query })).items,
        (await featureStore.featureServices({ query })).items,
      ];
      const text = paragraphs(
        table(entities, { entity: (entity) => entity.name, keys: (entity) => entity.joinKeys.join(', ') }),
        table(views, {
          'feature view': (view) => view.name,
          version: (view) => String(view.version),
          entity: (view) => view.entity,
          source: (view) => view.source,
          features: (view) => String(view.features.length),
          'online as of': (view) => time(view.materialized?.at),
        }),
        table(services, {
          'feature service': (service) => service.name,
          version: (service) => String(service.version),
          views: (service) => service.features.map(({ view }) => view).join(', '),
        }),
      );
      context.output().result({ entities, featureViews: views, featureServices: services }, text);
    });

  features
    .command('training-set <file>')
    .description(`${api.featureStore.createTrainingSet.summary} The YAML file holds the recipe.`)
    .option('--no-wait', 'return the job at once')
    .action(async (file: string, { wait }: { wait: boolean }) => {
      const body = await readDocument<TrainingSet>(context, file);
      await reportJob((await context.client().featureStore.createTrainingSet({ body })).jobId, wait);
    });

  features
    .command('materialize <view>')
    .description(api.featureStore.materialize.summary)
    .option('--at <time>', 'as of this moment; now unless given', parseTime)
    .option('--version-id <id>', 'of this dataset version; the latest unless given')
    .option('--no-wait', 'return the job at once')
    .action(async (name: string, flags: { at?: number; versionId?: string; wait: boolean }) => {
      const body = {
        at: flags.at ?? context.now(),
        ...(flags.versionId === undefined ? {} : { versionId: flags.versionId }),
      };
      await reportJob(
        (await context.client().featureStore.materialize({ params: { name }, body })).jobId,
        flags.wait,
      );
    });

  features
    .command('read <service>')
    .description(`${api.featureStore.readOnline.summary} This reads one row.`)
    .requiredOption('-c, --column <name=value>', 'a column of the row; once for each', collectAssignment)
    .action(async (featureService: string, { column }: { column: Row }) => {
      const online = await context
        .client()
        .featureStore.readOnline({ body: { featureService, rows: [column] } });
      const [row] = online.rows;
      const values = online.names.map((name, index) => ({
        name,
        value: row?.values[index],
        status: row?.statuses[index],
      }));
      const text = table(values, {
        feature: (item) => item.name,
        value: (item) => number(item.value),
        status: (item) => item.status ?? '-',
      });
      context.output().result(online, text);
    });

  async function reportJob(jobId: string, wait: boolean): Promise<void> {
    if (!wait) {
      context.output().result({ jobId }, `job ${jobId}`);
      return;
    }
    const { result } = await followJob(context, jobId);
    context.output().result(result, plain(result));
  }
}
