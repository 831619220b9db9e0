import { ApiError } from '@esteira/sdk';
import { CommanderError } from 'commander';
import { CommandError } from './command-error.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-code.ts';

interface ErrorDescription {
  readonly text: string;
  readonly value: { readonly error: Readonly<Record<string, unknown>> };
  readonly exitCode: ExitCode;
}

/** The error as people and as scripts read it: what, why, what to do, and the instance id when the server gave one. */
export function describeError(error: unknown): ErrorDescription {
  if (error instanceof ApiError) {
    const { message: what, code, status, why, todo, instance, details } = error;
    return describe({ code, status, what, why, todo, instance, details }, exitCodeOf(code));
  }
  if (error instanceof CommandError) {
    const { code, message: what, why, todo, exitCode } = error;
    return describe({ code, what, why, todo }, exitCode);
  }
  if (error instanceof CommanderError) {
    return describe({ code: 'USAGE', what: error.message.replace(/^error: /, '') }, exitCodes.usage);
  }
  if (isTableEntry(error)) {
    const { code, what, why, todo } = error;
    return describe({ code, what, why, todo }, exitCodeOf(code));
  }
  if (isUnreachable(error)) {
    const { code, why } = causeOf(error);
    if (/CERT|VERIFY/.test(code)) {
      return describe(
        {
          code: 'UNTRUSTED_CERTIFICATE',
          what: "The server's certificate is not trusted, or made for another name.",
          why,
          todo: 'name the PEM file of who signed it by NODE_EXTRA_CA_CERTS, and use the name it was made for in ESTEIRA_URL',
        },
        exitCodes.failed,
      );
    }
    return describe(
      {
        code: 'UNREACHABLE',
        what: 'The server does not answer.',
        ...(why === '' ? {} : { why }),
        todo: 'start it with: esteira serve, or set ESTEIRA_URL',
      },
      exitCodes.failed,
    );
  }
  if (error instanceof Error && error.name === 'ZodError') {
    return describe(
      {
        code: 'VERSION_MISMATCH',
        what: 'The server answered in a form that this command does not know.',
        why: error.message,
        todo: 'use the esteira command of the same release as the server',
      },
      exitCodes.failed,
    );
  }
  return describe(
    { code: 'FAILED', what: error instanceof Error ? error.message : String(error) },
    exitCodes.failed,
  );
}

interface ErrorWords extends Readonly<Record<string, unknown>> {
  readonly code: string;
  readonly what: string;
  readonly why?: string;
  readonly todo?: string;
  readonly instance?: string;
}

function describe(words: ErrorWords, exitCode: ExitCode): ErrorDescription {
  const lines = [
    words.what,
    words.why && `  why: ${words.why}`,
    words.todo && `  do:  ${words.todo}`,
    words.instance && `  id:  ${words.instance}`,
  ];
  return { text: lines.filter(Boolean).join('\n'), value: { error: words }, exitCode };
}

/** An error of the control plane itself, which `esteira serve` runs in this process. */
function isTableEntry(error: unknown): error is { code: string; what: string; why: string; todo: string } {
  return error instanceof Error && 'code' in error && 'what' in error && 'why' in error && 'todo' in error;
}

/** What `fetch` throws when no connection comes about. */
function isUnreachable(error: unknown): error is TypeError {
  return error instanceof TypeError && error.message === 'fetch failed';
}

function causeOf({ cause }: TypeError): { code: string; why: string } {
  if (!(cause instanceof Error)) return { code: '', why: '' };
  return { code: 'code' in cause ? String(cause.code) : '', why: cause.message };
}
