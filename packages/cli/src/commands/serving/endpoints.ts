import { api, type DesiredEndpoint, type EndpointStage, EndpointStage as Stages } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { describePredictions } from '../../describe-predictions.ts';
import { exitCodes } from '../../exit-code.ts';
import { readDocument } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { bytes, number, time } from '../../number-text.ts';
import { parseInteger, parseNumber, parseTime } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';

type Endpoint = Awaited<ReturnType<EsteiraClient['serving']['endpoint']>>;
type Step = NonNullable<Endpoint['served']>['steps'][number];
type Predictor = DesiredEndpoint['arms'][number]['predictor'];

interface PredictionFlags {
  readonly id?: string;
  readonly entity?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}

interface CreateFlags {
  readonly project: string;
  readonly stage: EndpointStage;
  readonly model: string;
  readonly timeoutMs?: number;
}

interface ScalingFlags {
  readonly utilization?: number;
  readonly concurrency?: number;
  readonly queue?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface FallbackFlags {
  readonly modelVersion?: string;
  readonly rule?: string;
}

/** `esteira endpoints`: what answers, with which version, and how it does. */
export function addEndpointsCommand(program: Command, context: CommandContext): Command {
  const endpoints = program
    .command('endpoints')
    .description('Where models answer: state, traffic, predictions, drills');

  addPagedListing(endpoints, context, {
    command: 'list',
    summary: api.serving.endpoints.summary,
    read: (query: PageFlags & { project?: string }) => context.client().serving.endpoints({ query }),
    columns: {
      name: (endpoint) => endpoint.name,
      stage: (endpoint) => endpoint.stage,
      model: (endpoint) => endpoint.model,
      revision: (endpoint) => `${endpoint.served?.revision ?? '-'}/${endpoint.revision}`,
      ready: (endpoint) => (endpoint.served?.ready ? 'yes' : 'no'),
      arms: (endpoint) => describeArms(endpoint.desired),
    },
  }).option('--project <name>', 'of one project');

  endpoints
    .command('create <name>')
    .description(api.serving.createEndpoint.summary)
    .requiredOption('--project <name>', 'the project it belongs to')
    .requiredOption('--model <name>', 'the model whose versions it serves')
    .addOption(
      new Option('--stage <stage>', 'decides which rules hold').choices(Stages.options).makeOptionMandatory(),
    )
    .option('--timeout-ms <n>', 'time for the model to answer, in ms', parseInteger)
    .action(async (name: string, { timeoutMs, ...flags }: CreateFlags) => {
      const limits = timeoutMs === undefined ? {} : { limits: { timeoutMs } };
      const endpoint = await context.client().serving.createEndpoint({ body: { name, ...flags, ...limits } });
      context
        .output()
        .result(
          endpoint,
          `opened ${endpoint.name} (${endpoint.stage}); next: esteira plan promote ${endpoint.model}@<version> --endpoint ${endpoint.name}`,
        );
    });

  endpoints
    .command('show <name>')
    .description(api.serving.endpoint.summary)
    .action(async (name: string) => {
      const endpoint = await context.client().serving.endpoint({ params: { name } });
      context.output().result(endpoint, describeEndpoint(endpoint));
    });

  addPagedListing(endpoints, context, {
    command: 'revisions <name>',
    summary: api.serving.endpointRevisions.summary,
    read: (name: string, query: PageFlags) =>
      context.client().serving.endpointRevisions({ params: { name }, query }),
    columns: {
      revision: (revision) => String(revision.revision),
      at: (revision) => time(revision.createdAt),
      by: (revision) => revision.actor,
      change: (revision) => revision.changeId ?? '-',
      arms: (revision) => describeArms(revision.desired),
      reason: (revision) => revision.reason,
    },
  });

  endpoints
    .command('fallback <name>')
    .description(api.serving.setFallback.summary)
    .option('--model-version <id>', 'id of another model version')
    .option(
      '--rule <file>',
      'YAML file of a rule: {kind: constant, score: 0.2} or {kind: feature, feature: …, whenMissing: …}',
    )
    .action(async (name: string, flags: FallbackFlags) => {
      const body = await predictorOf(flags);
      const endpoint = await context.client().serving.setFallback({ params: { name }, body });
      context
        .output()
        .result(
          endpoint,
          `${endpoint.name} falls back on ${body.kind === 'version' ? body.modelVersionId : 'a rule'}`,
        );
    });

  endpoints
    .command('scaling')
    .description(api.serving.scaling.summary)
    .option('--utilization <share>', 'share of the time its processes work that is wanted', parseNumber)
    .option('--concurrency <n>', 'requests at once that a machine should carry', parseInteger)
    .option('--queue <n>', 'questions that may wait for a model on each machine', parseInteger)
    .option('--minimum <n>', 'fewest machines', parseInteger)
    .option('--maximum <n>', 'most machines', parseInteger)
    .action(async (targets: ScalingFlags) => {
      const signal = await context.client().serving.scaling({ query: targets });
      const described = facts([
        ['wanted', `${number(signal.desiredReplicas)} machines, by ${signal.because}`],
        ['there', `${number(signal.replicas)} machines, ${number(signal.processes)} processes`],
        ['utilization', number(signal.utilization)],
        ['requests', `${number(signal.running)} running, ${number(signal.waiting)} waiting for a model`],
      ]);
      context.output().result(signal, described);
    });

  endpoints
    .command('traffic <name>')
    .description(api.serving.traffic.summary)
    .option('--from <time>', 'from this time on', parseTime)
    .option('--to <time>', 'before this time', parseTime)
    .action(async (name: string, query: { from?: number; to?: number }) => {
      const traffic = await context.client().serving.traffic({ params: { name }, query });
      const rows = traffic.items.flatMap(({ minute, arms }) => arms.map((arm) => ({ minute, ...arm })));
      context.output().result(traffic, table(rows, { minute: (row) => time(row.minute), ...armColumns }));
    });

  endpoints
    .command('predictions <name>')
    .description(api.serving.predictions.summary)
    .option('--id <prediction>', 'of this prediction id, or of all rows of a request')
    .option('--entity <key>', 'of this entity')
    .option('--from <time>', 'from this time on', parseTime)
    .option('--to <time>', 'before this time', parseTime)
    .option('--limit <n>', 'at most this many', parseInteger, 20)
    .action(async (name: string, { id, entity, ...range }: PredictionFlags) => {
      const query = {
        ...range,
        ...(id === undefined ? {} : { predictionId: id }),
        ...(entity === undefined ? {} : { entityKey: entity }),
      };
      const predictions = await context.client().serving.predictions({ params: { name }, query });
      context.output().result(predictions, describePredictions(predictions.items));
    });

  endpoints
    .command('reconciliation <name>')
    .description(`${api.serving.reconciliation.summary} Exit code 1 when rows are missing.`)
    .action(async (name: string) => {
      const count = await context.client().serving.reconciliation({ params: { name } });
      const text = `${number(count.served)} served, ${number(count.logged)} in the log, since ${time(count.since)}`;
      context.output().result(count, text);
      if (count.logged < count.served) context.exitWith(exitCodes.failed);
    });

  async function predictorOf({ modelVersion, rule }: FallbackFlags): Promise<Predictor> {
    if (modelVersion !== undefined) return { kind: 'version', modelVersionId: modelVersion };
    if (rule === undefined) throw usageError('Either --model-version or --rule is needed.');
    return {
      kind: 'rule',
      rule: await readDocument<Extract<Predictor, { kind: 'rule' }>['rule']>(context, rule),
    };
  }

  return endpoints;
}

const armColumns = {
  arm: (row: Endpoint['lastHour'][number]) => row.arm,
  version: (row: Endpoint['lastHour'][number]) => row.modelVersionId ?? 'rule',
  rows: (row: Endpoint['lastHour'][number]) => number(row.rows),
  errors: (row: Endpoint['lastHour'][number]) => number(row.errors),
  fallbacks: (row: Endpoint['lastHour'][number]) => number(row.fallbacks),
  'p50 ms': (row: Endpoint['lastHour'][number]) => number(row.p50Ms),
  'p95 ms': (row: Endpoint['lastHour'][number]) => number(row.p95Ms),
  'p99 ms': (row: Endpoint['lastHour'][number]) => number(row.p99Ms),
};

const stepColumns = {
  version: (row: Step) => row.modelVersionId,
  step: (row: Step) => row.step,
  runs: (row: Step) => number(row.runs),
  'mean ms': (row: Step) => number(row.runs === 0 ? null : row.ms / row.runs),
};

function describeEndpoint(endpoint: Endpoint): string {
  const { served, desired } = endpoint;
  return paragraphs(
    facts([
      ['endpoint', endpoint.name],
      ['project', endpoint.project],
      ['stage', endpoint.stage],
      ['model', endpoint.model],
      ['desired', `revision ${endpoint.revision}: ${describeArms(desired)}`],
      [
        'served',
        served
          ? `revision ${served.revision}${served.ready ? ', ready' : ', NOT READY'}${served.problem === null ? '' : `: ${served.problem}`}`
          : 'no model server has reported',
      ],
      [
        'shadow',
        desired.shadow ? `${desired.shadow.modelVersionId} sees ${desired.shadow.share * 100} %` : '',
      ],
      ['fallback', desired.fallback ? describePredictor(desired.fallback) : 'none'],
      ['timeout', `${desired.limits.timeoutMs} ms`],
      ['follows', desired.follow === undefined ? '' : `${endpoint.model}@${desired.follow.alias}`],
      [
        'answers kept',
        desired.cache === undefined
          ? ''
          : `for ${desired.cache.ttlSeconds} s, in ${bytes(desired.cache.maxBytes)}`,
      ],
      ['policies', Object.keys(desired.policies ?? {}).join(', ')],
      [
        'FROZEN',
        desired.frozen === undefined ? '' : `since ${time(desired.frozen.at)}: ${desired.frozen.reason}`,
      ],
      ['open to', served?.contract ? `whoever reaches it, by the contract ${served.contract}` : ''],
      ['models hold', served ? bytes(served.memoryBytes) : '-'],
      ['answers at', served ? `${served.httpUrl}/v2/models/${endpoint.name}/infer` : '-'],
    ]),
    `The last hour\n${table(endpoint.lastHour, armColumns)}`,
    served === null || served.steps.length === 0
      ? ''
      : `Steps of the pipeline\n${table(served.steps, stepColumns)}`,
  );
}

function describeArms({ arms }: DesiredEndpoint): string {
  if (arms.length === 0) return 'nothing yet';
  return arms
    .map(
      ({ role, weight, predictor }) =>
        `${role} ${describePredictor(predictor)} ${Number((weight * 100).toFixed(2))} %`,
    )
    .join(', ');
}

function describePredictor(predictor: Predictor): string {
  return predictor.kind === 'version' ? predictor.modelVersionId : `rule (${predictor.rule.kind})`;
}
