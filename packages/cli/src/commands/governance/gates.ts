import { api, type GateMoment, GateMoment as GateMoments } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { describeGates } from '../../describe-gates.ts';
import { exitCodes } from '../../exit-code.ts';

/** `esteira gates`: what the policies would say to a version on an endpoint, rule by rule. */
export function addGatesCommand(program: Command, context: CommandContext): void {
  program
    .command('gates <endpoint> <version>')
    .description(`${api.governance.evaluateGates.summary} Exit code 3 when a rule fails.`)
    .addOption(
      new Option('--moment <moment>', 'when the rules are judged')
        .choices(GateMoments.options)
        .default('plan'),
    )
    .action(async (name: string, version: string, { moment }: { moment: GateMoment }) => {
      const { serving, registry, governance } = context.client();
      const { project, model, stage } = await serving.endpoint({ params: { name } });
      const { id } = await registry.version({
        params: { name: model, version: version.split('@').at(-1) ?? version },
      });
      const report = await governance.evaluateGates({
        body: {
          subject: { kind: 'deployment', project, model, modelVersionId: id, endpoint: name, stage },
          moment,
        },
      });
      context.output().result(report, describeGates(report));
      if (!report.passed) context.exitWith(exitCodes.refused);
    });
}
