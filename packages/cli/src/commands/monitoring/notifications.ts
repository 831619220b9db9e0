import { type AlertSignal, alertSignals, api } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addListing, addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';
import { parseTime } from '../../option-values.ts';

type NotificationState = 'delivered' | 'suppressed' | 'acknowledged';

interface SilenceFlags {
  readonly reason: string;
  readonly until?: number;
  readonly from?: number;
  readonly monitor?: string;
  readonly signal?: AlertSignal;
}

/** `esteira alert-routes`: where alerts go. */
export function addAlertRoutesCommand(program: Command, context: CommandContext): void {
  const routes = program.command('alert-routes').description('Where alerts go');

  addListing(routes, context, {
    command: 'list',
    summary: api.monitoring.alertRoutes.summary,
    read: () => context.client().monitoring.alertRoutes(),
    columns: {
      name: (route) => route.name,
      kind: (route) => route.kind,
      'test acknowledged': (route) => time(route.acknowledgedTestAt),
    },
  });

  routes
    .command('put <name>')
    .description(api.monitoring.putAlertRoute.summary)
    .addOption(
      new Option('--kind <kind>', 'log: also a warning in the log of the server')
        .choices(['inbox', 'log'])
        .default('inbox'),
    )
    .action(async (name: string, body: { kind: 'inbox' | 'log' }) => {
      const route = await context.client().monitoring.putAlertRoute({ params: { name }, body });
      context
        .output()
        .result(route, `${route.name} (${route.kind}); next: esteira alert-routes test ${route.name}`);
    });

  routes
    .command('test <name>')
    .description(api.monitoring.testAlertRoute.summary)
    .action(async (name: string) => {
      const notification = await context.client().monitoring.testAlertRoute({ params: { name } });
      context
        .output()
        .result(notification, `sent; acknowledge it: esteira notifications acknowledge ${notification.id}`);
    });
}

/** `esteira notifications`: what was sent or held back. */
export function addNotificationsCommand(program: Command, context: CommandContext): void {
  const notifications = program.command('notifications').description('What was sent or held back');

  addPagedListing(notifications, context, {
    command: 'list',
    summary: api.monitoring.notifications.summary,
    read: (query: PageFlags & { route?: string; state?: NotificationState }) =>
      context.client().monitoring.notifications({ query }),
    columns: {
      id: (notification) => notification.id,
      route: (notification) => notification.route,
      state: (notification) => notification.state,
      at: (notification) => time(notification.at),
      title: (notification) => notification.title,
      'held back': (notification) => notification.suppressedBecause ?? '',
    },
  })
    .option('--route <name>', 'of one alert route')
    .addOption(
      new Option('--state <state>', 'in one state').choices(['delivered', 'suppressed', 'acknowledged']),
    );

  notifications
    .command('acknowledge <id>')
    .description(api.monitoring.acknowledgeNotification.summary)
    .action(async (id: string) => {
      const notification = await context.client().monitoring.acknowledgeNotification({ params: { id } });
      context.output().result(notification, `${notification.id}: ${notification.state}`);
    });
}

/** `esteira silences`: maintenance windows. */
export function addSilencesCommand(program: Command, context: CommandContext): void {
  const silences = program.command('silences').description('Times in which notifications are held back');

  addListing(silences, context, {
    command: 'list',
    summary: api.monitoring.silences.summary,
    read: () => context.client().monitoring.silences(),
    columns: {
      id: (silence) => silence.id,
      monitor: (silence) => silence.monitor ?? 'all',
      signal: (silence) => silence.signal ?? 'all',
      from: (silence) => time(silence.startsAt),
      until: (silence) => time(silence.endsAt),
      owner: (silence) => silence.owner,
      reason: (silence) => silence.reason,
    },
  });

  silences
    .command('create')
    .description(api.monitoring.createSilence.summary)
    .requiredOption('--reason <text>', 'why')
    .option('--until <time>', 'when it ends; without an end no production gate accepts it', parseTime)
    .option('--from <time>', 'when it begins; now unless given', parseTime)
    .option('--monitor <name>', 'only this monitor')
    .addOption(new Option('--signal <signal>', 'only this signal').choices(alertSignals))
    .action(async ({ reason, until, from, monitor, signal }: SilenceFlags) => {
      const silence = await context.client().monitoring.createSilence({
        body: {
          reason,
          endsAt: until ?? null,
          ...(from === undefined ? {} : { startsAt: from }),
          ...(monitor === undefined ? {} : { monitor }),
          ...(signal === undefined ? {} : { signal }),
        },
      });
      context
        .output()
        .result(
          silence,
          `${silence.id}: silent until ${silence.endsAt === null ? 'somebody ends it' : time(silence.endsAt)}`,
        );
    });

  silences
    .command('end <id>')
    .description(api.monitoring.endSilence.summary)
    .action(async (id: string) => {
      const silence = await context.client().monitoring.endSilence({ params: { id } });
      context.output().result(silence, `${silence.id} has ended`);
    });
}
