import type { JsonValue } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { readText } from '../../files.ts';
import { describePipelineRun, exitCodeOfRun, followPipelineRun } from '../../follow/follow-pipeline-run.ts';
import { collectAssignment } from '../../option-values.ts';
import { table } from '../../output.ts';

type PipelinePlan = Awaited<ReturnType<EsteiraClient['pipelines']['plan']>>;

interface RunFlags {
  readonly param?: Record<string, JsonValue>;
  readonly plan?: true;
  readonly refresh?: true;
  readonly wait: boolean;
}

/** `esteira run`: puts a pipeline file, starts it and follows it to its end. */
export function addRunCommand(program: Command, context: CommandContext): void {
  program
    .command('run <file>')
    .description(
      'Put a pipeline file, start it and follow it to its end. Exit code 1 when a step fails, 3 when a contract refuses the data.',
    )
    .option(
      '-p, --param <name=value>',
      'a parameter; once for each; JSON where it is valid JSON, else text',
      collectAssignment,
    )
    .option('--plan', 'only tell which steps would reuse an earlier result, and why the others would run')
    .option('--refresh', 'run every step anew')
    .option('--no-wait', 'return as soon as it has started')
    .addHelpText('after', '\nExample:\n  esteira run pipeline.yaml -p trials=30 -p trainFrom=2001-01-15')
    .action(async (file: string, flags: RunFlags) => {
      const spec = await readText(context, file);
      const name = pipelineName(file, spec);
      const { pipelines } = context.client();
      const body = { parameters: flags.param ?? {}, refresh: flags.refresh ?? false };
      const stored = await pipelines.put({ params: { name }, body: { spec } });
      context.output().progress(`pipeline ${stored.name} version ${stored.version}`);
      if (flags.plan) {
        const plan = await pipelines.plan({ params: { name }, body });
        context.output().result(plan, describePlan(plan));
        return;
      }
      const started = await pipelines.start({ params: { name }, body });
      const run = flags.wait ? await followPipelineRun(context, started.id) : started;
      context.output().result(run, describePipelineRun(run, context.now()));
      if (flags.wait) context.exitWith(exitCodeOfRun(run));
    });
}

/** What each step would do, and what differs from the last time. */
export function describePlan(plan: PipelinePlan): string {
  return table(plan.steps, {
    step: (step) => step.name,
    uses: (step) => step.uses,
    verdict: (step) => step.verdict,
    changed: (step) => step.changed.join(', '),
    reason: (step) => step.reason,
  });
}

/** The file is checked by the server; here only its name is needed. */
export function pipelineName(file: string, spec: string): string {
  let document: unknown;
  try {
    document = parse(spec);
  } catch (error) {
    throw usageError(`${file} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (
    typeof document === 'object' &&
    document !== null &&
    'name' in document &&
    typeof document.name === 'string'
  ) {
    return document.name;
  }
  throw usageError(`${file} is not a pipeline: it has no name.`, 'add a line: name: <name>');
}
