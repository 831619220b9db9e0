import type { JsonValue } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { describeChange, nextStep } from '../../describe-change.ts';
import { exitCodes } from '../../exit-code.ts';
import { type Change, exitCodeOfChange } from '../../follow/follow-change.ts';
import { findModelVersion } from '../../model-version-name.ts';
import { parseInteger, parseNumber, parseNumbers } from '../../option-values.ts';
import { paragraphs } from '../../output.ts';
import { applyChange } from './apply.ts';

interface PromoteFlags {
  readonly endpoint: string;
  readonly shadow?: number;
  readonly canary?: number[];
  readonly requestsPerStep?: number;
  readonly maxMinutes?: number;
}

/** `esteira plan`: asks for a change of what is live and shows what it would do. Nothing is done yet. */
export function addPlanCommand(program: Command, context: CommandContext): void {
  const plan = program
    .command('plan')
    .description('Plan a change of what is live: steps, cost, gates, approvals');

  plan
    .command('promote <model@version>')
    .description('Plan to put a model version on an endpoint. Exit code 3 when a gate refuses it.')
    .requiredOption('--endpoint <name>', 'where it is to answer')
    .option(
      '--shadow <requests>',
      'copied requests before it answers anybody; 0 leaves the step out',
      parseInteger,
    )
    .option('--canary <shares>', 'shares of the traffic, one after the other: 0.05,0.25,0.5', parseNumbers)
    .option('--requests-per-step <n>', 'rows it must answer at each share', parseInteger)
    .option('--max-minutes <n>', 'longest time for one step', parseNumber)
    .addHelpText(
      'after',
      '\nExample:\n  esteira plan promote churn@7 --endpoint churn --shadow 200 --canary 0.05,0.25,0.5',
    )
    .action(async (version: string, flags: PromoteFlags) => {
      const { id } = await findModelVersion(context, version);
      const subject = { endpoint: flags.endpoint, modelVersionId: id, rollout: rolloutOf(flags) };
      printPlan(context, await requestChange(context, 'serving.promote', subject));
    });

  plan
    .command('rollback <endpoint>')
    .description('Plan to go back to what the endpoint served before')
    .action(async (endpoint: string) => {
      printPlan(context, await requestChange(context, 'serving.rollback', { endpoint }));
    });
}

/** `esteira rollback`: plans going back, asks, and applies it. */
export function addRollbackCommand(program: Command, context: CommandContext): void {
  program
    .command('rollback <endpoint>')
    .description('Go back to what the endpoint served before: plans, asks, applies')
    .option('-y, --yes', 'apply without being asked')
    .action(async (endpoint: string, { yes }: { yes?: true }) => {
      const change = await requestChange(context, 'serving.rollback', { endpoint });
      if (change.state !== 'approved') {
        printPlan(context, change);
        if (change.state === 'awaiting-approval') context.exitWith(exitCodes.refused);
        return;
      }
      if (!yes) {
        context.output().progress(`${describeChange(change)}\n`);
        if (!(await context.confirm(`Roll ${endpoint} back?`))) {
          const cancelled = await context.client().governance.cancelChange({ params: { id: change.id } });
          context.output().result(cancelled, 'nothing was done');
          return;
        }
      }
      await applyChange(context, change.id, true);
    });
}

async function requestChange(
  context: CommandContext,
  kind: string,
  subject: { readonly [key: string]: JsonValue },
): Promise<Change> {
  return await context.client().governance.requestChange({ body: { kind, subject } });
}

function printPlan(context: CommandContext, change: Change): void {
  context.output().result(change, paragraphs(describeChange(change), nextStep(change)));
  context.exitWith(exitCodeOfChange(change));
}

/** Only what was given: the server has the defaults. */
function rolloutOf({ shadow, canary, requestsPerStep, maxMinutes }: PromoteFlags): {
  readonly [key: string]: JsonValue;
} {
  return {
    ...(shadow === undefined ? {} : { shadowRequests: shadow }),
    ...(canary === undefined ? {} : { canaryShares: canary }),
    ...(requestsPerStep === undefined ? {} : { requestsPerStep }),
    ...(maxMinutes === undefined ? {} : { maxMinutes }),
  };
}
