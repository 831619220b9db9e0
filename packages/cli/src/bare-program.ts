import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';

const exitCodeHelp = `
Exit codes: 0 done; 1 error; 2 wrong usage; 3 refused by a gate, a contract or a guard.
Connects with ESTEIRA_URL and ESTEIRA_TOKEN, else with what "esteira login" saved.`;

/** The `esteira` command without its verbs. Parsing throws instead of ending the process. */
export function createBareProgram(context: CommandContext): Command {
  return new Command('esteira')
    .description('The whole life of a machine-learning model, from data to retraining')
    .version('0.1.0')
    .option('--json', 'print the result as one JSON value, for scripts')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({ writeErr: (text) => context.output().progress(text.trimEnd()) })
    .addHelpText('after', exitCodeHelp);
}
