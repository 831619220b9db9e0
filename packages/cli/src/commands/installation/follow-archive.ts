import type { ArchiveProgress } from '@esteira/server';
import type { CommandContext } from '../../command-context.ts';
import { number, percent } from '../../number-text.ts';

const verbs: Readonly<Record<ArchiveProgress['step'], string>> = {
  tables: 'rows of',
  content: 'content',
  check: 'checking the archive',
  verify: 'reading back',
};

// Often enough to look alive, rarely enough to cost nothing.
const pauseMs = 200;

/** Shows how far the work on an archive has got: on a terminal as one line that changes, with `--json` as lines. */
export function followArchive(context: CommandContext): (progress: ArchiveProgress) => void {
  const output = context.output();
  let shownAt = 0;
  let shown = '';
  return (progress) => {
    const { step, name, done, total, unit } = progress;
    const what = `${step} ${name ?? ''}`;
    const now = context.now();
    if (what === shown && now - shownAt < pauseMs && done !== total) return;
    shown = what;
    shownAt = now;
    output.step({ ...progress });
    const of = total === undefined ? '' : ` of ${number(total)} (${percent(done / Math.max(1, total))})`;
    output.live([`${verbs[step]} ${name ?? ''} ${number(done)}${of} ${unit}`.replace(/ +/g, ' ')]);
  };
}

/** Does the work with a signal that SIGINT and SIGTERM abort, so that nothing half-made is left. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error('Interrupted.'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}
