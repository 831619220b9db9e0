import { type RunStatus, runStatuses } from '@esteira/contracts';
import { type Command, Option } from 'commander';

export interface SearchOptions {
  readonly experiment?: string;
  readonly project?: string;
  readonly status?: RunStatus;
  readonly parent?: string;
  readonly text?: string;
  readonly filter?: string;
  readonly deleted?: true;
}

/** What a search of runs can ask for. */
export function addSearchOptions(command: Command): Command {
  return command
    .option('--experiment <name>', 'of one experiment')
    .option('--project <name>', 'of one project')
    .addOption(new Option('--status <status>', 'in one state').choices(runStatuses))
    .option('--parent <run>', 'children of a run')
    .option('--text <words>', 'words of the name, the note, parameters and tags, such as "resnet lr=0.1"')
    .option('--filter <conditions>', `such as "metrics.auc > 0.8 and params.trainer = 'gbdt'"`)
    .option('--deleted', 'the deleted ones instead');
}
