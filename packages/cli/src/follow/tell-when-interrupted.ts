import type { CommandContext } from '../command-context.ts';

/** Does the work. Ctrl-C meanwhile ends the command as ever, and tells first what goes on without it. */
export async function tellWhenInterrupted<T>(
  context: CommandContext,
  words: string,
  work: () => Promise<T>,
): Promise<T> {
  const tell = (): void => {
    context.output().progress(words);
    // Its listener is gone by now: the process ends as by any SIGINT, and whoever started it sees that.
    process.kill(process.pid, 'SIGINT');
  };
  process.once('SIGINT', tell);
  try {
    return await work();
  } finally {
    process.removeListener('SIGINT', tell);
  }
}
