import { runStatuses } from '@esteira/contracts';
import { type Command, Option } from 'commander';

/** What a search of runs can ask for. */
export function addSearchOptions(command: Command): Command {
  return command
    .option('--experiment <name>', 'of one experiment')
    .option('--project <name>', 'of one project')
    .addOption(new Option('--status <status>', 'in one state').choices(runStatuses))
    .option('--parent <run>', 'children of a run')
    .option('--search <text>', 'part of the name, the note, a parameter or a tag')
    .option('--filter <conditions>', `such as "metrics.auc > 0.8 and params.trainer = 'gbdt'"`)
    .option('--deleted', 'the deleted ones instead');
}
