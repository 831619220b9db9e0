import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, CommanderError } from 'commander';
import type { CommandContext } from './command-context.ts';
import { usageError } from './command-error.ts';
import { connect, serverUrl } from './connection.ts';
import { describeError } from './describe-error.ts';
import { createOutput } from './output.ts';

const context: CommandContext = {
  environment: process.env,
  client: () => connect(process.env),
  serverUrl: () => serverUrl(process.env),
  output: () => output,
  isTerminal: process.stdout.isTTY === true,
  input: process.stdin,
  now: () => Date.now(),
  pause: async (ms) => {
    await pause(ms);
  },
  confirm,
  exitWith(code) {
    process.exitCode = code;
  },
};

/** `--json` works before and after the command's name, and for mistakes in the command line too. */
const json = process.argv.includes('--json');
const output = createOutput({ json, stdout: process.stdout, stderr: process.stderr });

try {
  const program = await loadProgram();
  await program.parseAsync();
} catch (error) {
  // Help and version are not mistakes.
  if (!(error instanceof CommanderError && error.exitCode === 0)) report(error);
}

async function loadProgram(): Promise<Command> {
  if (process.argv[2] === 'serve') return (await import('./serve-program.ts')).createServeProgram(context);
  return (await import('./program.ts')).createProgram(context);
}

function report(error: unknown): void {
  const { text, value, exitCode } = describeError(error);
  process.exitCode = exitCode;
  if (json) process.stderr.write(`${JSON.stringify(value)}\n`);
  else if (!(error instanceof CommanderError)) output.progress(text);
}

async function confirm(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true)
    throw usageError('Nobody can be asked here.', 'pass --yes to go on without being asked');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
