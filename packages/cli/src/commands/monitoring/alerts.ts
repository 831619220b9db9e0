import { type AlertState, alertStates, api } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';

interface ListFlags extends PageFlags {
  readonly monitor?: string;
  readonly endpoint?: string;
  readonly state?: AlertState | 'open';
}

/** `esteira alerts`: what monitors found, and who took it in hand. */
export function addAlertsCommand(program: Command, context: CommandContext): void {
  const alerts = program.command('alerts').description('What monitors found, and who took it in hand');

  addPagedListing(alerts, context, {
    command: 'list',
    summary: api.monitoring.alerts.summary,
    read: (query: ListFlags) => context.client().monitoring.alerts({ query }),
    columns: {
      id: (alert) => alert.id,
      endpoint: (alert) => alert.endpoint,
      signal: (alert) => alert.signal,
      state: (alert) => alert.state,
      opened: (alert) => time(alert.openedAt),
      summary: (alert) => alert.summary,
    },
  })
    .option('--monitor <name>', 'of one monitor')
    .option('--endpoint <name>', 'of one endpoint')
    .addOption(
      new Option('--state <state>', 'open: pending, firing or acknowledged').choices([
        ...alertStates,
        'open',
      ]),
    );

  alerts
    .command('show <id>')
    .description(api.monitoring.alert.summary)
    .action(async (id: string) => {
      const alert = await context.client().monitoring.alert({ params: { id } });
      const text = paragraphs(
        facts([
          ['alert', alert.id],
          ['monitor', `${alert.monitor} of ${alert.endpoint}`],
          ['signal', alert.signal],
          ['state', alert.state],
          ['summary', alert.summary],
          ['causes', alert.causes.join(', ')],
          ['window', `${time(alert.windowStart)} to ${time(alert.windowEnd)}`],
          [
            'acknowledged',
            alert.acknowledgedBy === null
              ? ''
              : `${time(alert.acknowledgedAt)} by ${alert.acknowledgedBy}: ${alert.acknowledgement ?? ''}`,
          ],
        ]),
        table(alert.transitions, {
          at: (transition) => time(transition.at),
          from: (transition) => transition.from,
          to: (transition) => transition.to,
          by: (transition) => transition.actor,
          reason: (transition) => transition.reason,
        }),
        table(alert.notifications, {
          route: (notification) => notification.route,
          state: (notification) => notification.state,
          at: (notification) => time(notification.at),
          'held back': (notification) => notification.suppressedBecause ?? '',
        }),
      );
      context.output().result(alert, text);
    });

  alerts
    .command('acknowledge <id>')
    .description(api.monitoring.acknowledgeAlert.summary)
    .requiredOption('--reason <text>', 'what is being done about it')
    .action(async (id: string, body: { reason: string }) => {
      const alert = await context.client().monitoring.acknowledgeAlert({ params: { id }, body });
      context.output().result(alert, `${alert.id}: ${alert.state}`);
    });
}
