import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addLoginCommand } from './commands/login.ts';
import { addServeCommand } from './commands/serve.ts';
import { connect } from './connection.ts';
import { createOutput, describeError } from './output.ts';

const program = new Command('esteira')
  .description('The whole life of a machine-learning model, from data to retraining')
  .version('0.1.0')
  .option('--json', 'print the result as JSON, for scripts')
  .configureHelp({ showGlobalOptions: true });

const context: CommandContext = {
  environment: process.env,
  client: () => connect(process.env),
  output: () => createOutput({ json: wantsJson(), stdout: process.stdout, stderr: process.stderr }),
  isTerminal: process.stdout.isTTY === true,
};

addServeCommand(program, context);
addLoginCommand(program, context);

try {
  await program.parseAsync();
} catch (error) {
  const { text, value } = describeError(error);
  process.stderr.write(`${wantsJson() ? JSON.stringify(value) : text}\n`);
  process.exitCode = 1;
}

/** `--json` works before and after the command's name. */
function wantsJson(): boolean {
  return process.argv.includes('--json');
}
