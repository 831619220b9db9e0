import { ApiError } from '@esteira/sdk';
import type { Say } from '../messages/use-messages.tsx';

/** A failure in the four parts of the error table. */
export interface Problem {
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  readonly code?: string;
  readonly instance?: string;
}

/** Puts any failure into words: the server's own where it answered, the page's where it did not. */
export function problemOf(error: unknown, t: Say): Problem {
  if (error instanceof ApiError) {
    return {
      what: error.message,
      why: error.why,
      todo: error.todo,
      code: error.code,
      ...(error.instance ? { instance: error.instance } : {}),
    };
  }
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return {
      what: t('state.offline.what'),
      why: t('state.offline.why'),
      todo: t('state.offline.todo'),
    };
  }
  if (error instanceof Error && error.name.includes('ZodError')) {
    return { what: t('state.mismatch.what'), why: t('state.mismatch.why'), todo: t('state.mismatch.todo') };
  }
  return {
    what: t('state.crash.what'),
    why: error instanceof Error ? error.message : String(error),
    todo: '',
  };
}
