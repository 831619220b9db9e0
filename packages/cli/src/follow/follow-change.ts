import type { EsteiraClient } from '@esteira/sdk';
import type { CommandContext } from '../command-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { percent } from '../number-text.ts';
import { tellWhenInterrupted } from './tell-when-interrupted.ts';

export type Change = Awaited<ReturnType<EsteiraClient['governance']['change']>>;

const underWay: ReadonlySet<Change['state']> = new Set(['applying', 'verifying', 'rolling-back']);

/** Waits until a change that is being applied has ended, and shows its steps. */
export async function followChange(context: CommandContext, id: string): Promise<Change> {
  const words = `the change goes on without this command; look at it by: esteira changes show ${id}`;
  return await tellWhenInterrupted(context, words, () => followToEnd(context, id));
}

async function followToEnd(context: CommandContext, id: string): Promise<Change> {
  const output = context.output();
  const told = new Set<string>();
  for (;;) {
    const change = await context.client().governance.change({ params: { id } });
    const { share, message } = change.progress;
    output.live([`${change.id}: ${change.state} ${percent(share)} ${message}`.trimEnd()]);
    const news = newsOf(change);
    for (const line of news) {
      if (told.has(line)) continue;
      told.add(line);
      output.progress(line);
    }
    if (!underWay.has(change.state)) return change;
    await context.pause(500);
  }
}

/** What has happened so far, in its order: states of the change, beginnings and ends of its steps. */
function newsOf(change: Change): string[] {
  const news = change.history.map(({ to, at }) => ({ at, line: to as string }));
  for (const { title, state, error, startedAt, finishedAt } of change.steps) {
    if (startedAt !== null) news.push({ at: startedAt, line: `begun: ${title}` });
    if (finishedAt !== null)
      news.push({ at: finishedAt, line: `${state}: ${title}${error === null ? '' : ` (${error})`}` });
  }
  return news.sort((left, right) => left.at - right.at).map(({ line }) => line);
}

/** 0 unless the change was refused by a gate (3), or ended otherwise than it should (1). */
export function exitCodeOfChange({ state }: Change): ExitCode {
  if (state === 'refused') return exitCodes.refused;
  const badEnds: readonly Change['state'][] = ['failed', 'rolled-back', 'rejected', 'expired', 'cancelled'];
  return badEnds.includes(state) ? exitCodes.failed : exitCodes.ok;
}
