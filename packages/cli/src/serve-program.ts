import type { Command } from 'commander';
import { createBareProgram } from './bare-program.ts';
import type { CommandContext } from './command-context.ts';
import { addServeCommand } from './commands/installation/serve.ts';

/** The `esteira` command with `serve` alone: a server need not wait for the other verbs to be loaded. */
export function createServeProgram(context: CommandContext): Command {
  const program = createBareProgram(context);
  addServeCommand(program, context);
  return program;
}
