import { type ExitCode, exitCodes } from './exit-code.ts';

/** A command that cannot go on, in the words of the error table: what happened, why, what to do. */
export class CommandError extends Error {
  readonly code: string;
  readonly why: string;
  readonly todo: string;
  readonly exitCode: ExitCode;

  constructor(options: { code: string; what: string; why?: string; todo?: string; exitCode?: ExitCode }) {
    super(options.what);
    this.name = 'CommandError';
    this.code = options.code;
    this.why = options.why ?? '';
    this.todo = options.todo ?? '';
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

/** A mistake in the command line itself. */
export function usageError(what: string, todo = ''): CommandError {
  return new CommandError({ code: 'USAGE', what, todo, exitCode: exitCodes.usage });
}
