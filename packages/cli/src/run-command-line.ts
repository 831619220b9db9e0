import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, CommanderError } from 'commander';
import type { CommandContext } from './command-context.ts';
import { usageError } from './command-error.ts';
import { connect, serverUrl } from './connection.ts';
import { describeError } from './describe-error.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { createOutput, type TextStream } from './output.ts';

/** What of a process a command line is given. */
interface CommandSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TextStream;
  readonly stderr: TextStream & NodeJS.WritableStream;
}

/** Runs the words after `esteira` to their end and returns the exit code. Never throws: what went wrong is on `stderr`. */
export async function runCommandLine(
  words: readonly string[],
  { environment, stdin, stdout, stderr }: CommandSurroundings,
): Promise<ExitCode> {
  // `--json` works before and after the command's name, and for mistakes in the command line too.
  const json = words.includes('--json');
  const output = createOutput({ json, stdout, stderr });
  let exitCode: ExitCode = exitCodes.ok;
  const context: CommandContext = {
    environment,
    client: () => connect(environment),
    serverUrl: () => serverUrl(environment),
    output: () => output,
    isTerminal: stdout.isTTY === true,
    input: stdin,
    now: () => Date.now(),
    pause: async (ms) => {
      await pause(ms);
    },
    confirm,
    exitWith(code) {
      exitCode = code;
    },
  };
  try {
    const program = await loadProgram(words, context);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    // Help and version are not mistakes.
    if (!(error instanceof CommanderError && error.exitCode === 0)) report(error);
  }
  return exitCode;

  function report(error: unknown): void {
    const { text, value, exitCode: code } = describeError(error);
    exitCode = code;
    if (json) stderr.write(`${JSON.stringify(value)}\n`);
    else if (!(error instanceof CommanderError)) output.progress(text);
  }

  async function confirm(question: string): Promise<boolean> {
    if (stdin.isTTY !== true)
      throw usageError('Nobody can be asked here.', 'pass --yes to go on without being asked');
    const prompt = createInterface({ input: stdin, output: stderr });
    const answer = await prompt.question(`${question} [y/N] `);
    prompt.close();
    return /^y(es)?$/i.test(answer.trim());
  }
}

async function loadProgram(words: readonly string[], context: CommandContext): Promise<Command> {
  if (words[0] === 'serve') return (await import('./serve-program.ts')).createServeProgram(context);
  return (await import('./program.ts')).createProgram(context);
}
