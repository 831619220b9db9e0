import { api } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { exitCodes } from '../../exit-code.ts';
import { readDocument } from '../../files.ts';
import { addListing, addPagedListing, type PageFlags } from '../../listing.ts';
import { number, plain, time } from '../../number-text.ts';
import { parseTime } from '../../option-values.ts';
import { facts } from '../../output.ts';
import type { RequestBody } from '../../request-body.ts';

type Monitoring = EsteiraClient['monitoring'];
type Policy = Awaited<ReturnType<Monitoring['retrainingPolicy']>>;
type Retraining = Awaited<ReturnType<Monitoring['retrainingRun']>>;

interface TriggerFlags {
  readonly reason: string;
  readonly windowStart?: number;
  readonly windowEnd?: number;
}

/** `esteira retraining`: when a model is trained anew, within which limits, and what came of it. */
export function addRetrainingCommand(program: Command, context: CommandContext): void {
  const retraining = program
    .command('retraining')
    .description('When models are trained anew, and what came of it');

  addListing(retraining, context, {
    command: 'list',
    summary: api.monitoring.retrainingPolicies.summary,
    read: (query: { endpoint?: string }) => context.client().monitoring.retrainingPolicies({ query }),
    columns: {
      name: (policy) => policy.name,
      endpoint: (policy) => policy.endpoint,
      pipeline: (policy) => policy.pipeline,
      triggers: (policy) => policy.triggers.join(', '),
      cooldown: (policy) => policy.cooldown,
      enabled: (policy) => (policy.enabled ? 'yes' : 'no'),
    },
  }).option('--endpoint <name>', 'of one endpoint');

  retraining
    .command('put <name> <file>')
    .description(`${api.monitoring.putRetrainingPolicy.summary} From a YAML file.`)
    .action(async (name: string, file: string) => {
      const body = await readDocument<RequestBody<Monitoring['putRetrainingPolicy']>>(context, file);
      const policy = await context.client().monitoring.putRetrainingPolicy({ params: { name }, body });
      context.output().result(policy, describePolicy(policy));
    });

  retraining
    .command('show <name>')
    .description(api.monitoring.retrainingPolicy.summary)
    .action(async (name: string) => {
      const policy = await context.client().monitoring.retrainingPolicy({ params: { name } });
      context.output().result(policy, describePolicy(policy));
    });

  retraining
    .command('trigger <policy>')
    .description(`${api.monitoring.triggerRetraining.summary} Exit code 3 when a guard holds it back.`)
    .requiredOption('--reason <text>', 'why now')
    .option('--window-start <time>', 'start of the window the parameters refer to', parseTime)
    .option('--window-end <time>', 'its end', parseTime)
    .action(async (name: string, body: TriggerFlags) => {
      const run = await context.client().monitoring.triggerRetraining({ params: { name }, body });
      context.output().result(run, describeRetraining(run));
      if (run.decision?.startsWith('skipped:')) context.exitWith(exitCodes.refused);
    });

  addPagedListing(retraining, context, {
    command: 'runs',
    summary: api.monitoring.retrainingRuns.summary,
    read: (query: PageFlags & { policy?: string; endpoint?: string }) =>
      context.client().monitoring.retrainingRuns({ query }),
    columns: {
      id: (run) => run.id,
      policy: (run) => run.policy,
      trigger: (run) => run.trigger,
      decision: (run) => run.decision ?? 'running',
      created: (run) => time(run.createdAt),
      reason: (run) => run.reason,
    },
  })
    .option('--policy <name>', 'of one policy')
    .option('--endpoint <name>', 'of one endpoint');

  retraining
    .command('run <id>')
    .description(api.monitoring.retrainingRun.summary)
    .action(async (id: string) => {
      const run = await context.client().monitoring.retrainingRun({ params: { id } });
      context.output().result(run, describeRetraining(run));
    });
}

function describePolicy(policy: Policy): string {
  return facts([
    ['policy', policy.name + (policy.enabled ? '' : ', DISABLED')],
    ['endpoint', policy.endpoint],
    ['pipeline', policy.pipeline],
    [
      'parameters',
      Object.entries(policy.parameters)
        .map(([name, value]) => `${name} ${plain(value)}`)
        .join('\n'),
    ],
    ['triggers', policy.triggers.join(', ')],
    [
      'limits',
      `${policy.maxRunsPerDay} a day, ${policy.cooldown} apart, at least ${number(policy.minFreshLabels)} fresh labels`,
    ],
    ['promote', policy.promote],
    ['owner', policy.owner.name],
  ]);
}

function describeRetraining(run: Retraining): string {
  const { comparison } = run;
  return facts([
    ['retraining', run.id],
    ['policy', run.policy],
    ['trigger', run.trigger],
    ['decision', run.decision ?? 'running'],
    ['reason', run.reason],
    ['window', run.windowStart === null ? '' : `${time(run.windowStart)} to ${time(run.windowEnd)}`],
    ['pipeline run', run.pipelineRunId ?? ''],
    ['version', run.modelVersionId ?? ''],
    [
      'comparison',
      comparison
        ? `${comparison.metric} against ${comparison.against}: ${number(comparison.difference)} (${number(comparison.lower)} to ${number(comparison.upper)})`
        : '',
    ],
    ['change', run.changeId ?? ''],
  ]);
}
