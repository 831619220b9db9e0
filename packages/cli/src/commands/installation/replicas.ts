import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { time } from '../../number-text.ts';
import { table } from '../../output.ts';

/** `esteira replicas`: the servers of the installation. */
export function addReplicasCommand(program: Command, context: CommandContext): void {
  program
    .command('replicas')
    .description(api.installation.replicas.summary)
    .action(async () => {
      const { items } = await context.client().installation.replicas({});
      const text = table(items, {
        id: (replica) => `${replica.id}${replica.answering ? ' (answers)' : ''}`,
        host: (replica) => replica.host,
        version: (replica) => replica.version,
        since: (replica) => time(replica.startedAt),
        seen: (replica) => `${time(replica.lastSeenAt)}${replica.alive ? '' : ' (silent)'}`,
        leases: (replica) => replica.leases.join(', '),
        'clock off': (replica) => `${(replica.clockOffsetMs / 1000).toFixed(1)} s`,
      });
      context.output().result(items, text);
    });
}
