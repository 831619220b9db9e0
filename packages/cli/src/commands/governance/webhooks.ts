import { api, type WebhookDelivery, type WebhookEvent, webhookEvents } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { readText } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';

interface WebhookFlags {
  readonly url: string;
  readonly event: readonly WebhookEvent[];
  readonly description: string;
  readonly secretFile?: string;
}

/** `esteira webhooks`: who is told outside of what happens to models and prompts. */
export function addWebhooksCommand(program: Command, context: CommandContext): void {
  const webhooks = program
    .command('webhooks')
    .description('Receivers outside that are told of models and prompts');

  addPagedListing(webhooks, context, {
    command: 'list',
    summary: api.governance.webhooks.summary,
    read: (query: PageFlags) => context.client().governance.webhooks({ query }),
    columns: {
      id: (webhook) => webhook.id,
      name: (webhook) => webhook.name,
      status: (webhook) => webhook.status,
      signed: (webhook) => (webhook.hasSecret ? 'yes' : 'no'),
      events: (webhook) => String(webhook.events.length),
      url: (webhook) => webhook.url,
    },
  });

  webhooks
    .command('show <id>')
    .description(api.governance.webhook.summary)
    .action(async (id: string) => {
      const webhook = await context.client().governance.webhook({ params: { id } });
      const told = [`${webhook.name} ${webhook.status}`, webhook.url, webhook.description, ...webhook.events];
      context.output().result(webhook, told.filter((line) => line !== '').join('\n'));
    });

  webhooks
    .command('create <name>')
    .description(api.governance.createWebhook.summary)
    .requiredOption('--url <url>', 'where it listens: https, unless the server allows private receivers')
    .addOption(
      new Option('--event <event...>', 'what it is told of').choices(webhookEvents).makeOptionMandatory(),
    )
    .option('--description <text>', 'what it is for', '')
    .option(
      '--secret-file <path>',
      'file with the secret that deliveries are signed with; - is standard input',
    )
    .action(async (name: string, { url, event, description, secretFile }: WebhookFlags) => {
      const secret = secretFile === undefined ? undefined : (await readText(context, secretFile)).trim();
      const webhook = await context.client().governance.createWebhook({
        body: {
          name,
          url,
          events: [...event],
          description,
          ...(secret === undefined ? {} : { secret }),
        },
      });
      context.output().result(webhook, `${webhook.id}; next: esteira webhooks test ${webhook.id}`);
    });

  webhooks
    .command('test <id>')
    .description(api.governance.testWebhook.summary)
    .addOption(
      new Option('--event <event>', 'what the example is of; the first of its events unless given').choices(
        webhookEvents,
      ),
    )
    .action(async (id: string, body: { event?: WebhookEvent }) => {
      const result = await context.client().governance.testWebhook({ params: { id }, body });
      const { success, responseStatus, error } = result;
      const answer = error ?? `answered ${responseStatus} (${result.response})`;
      context.output().result(result, `${success ? 'arrived' : 'did not arrive'}: ${answer}`);
    });

  for (const [command, status] of [
    ['disable', 'disabled'],
    ['enable', 'active'],
  ] as const) {
    webhooks
      .command(`${command} <id>`)
      .description(
        status === 'active' ? 'Tells a receiver of news again.' : 'Tells a receiver of nothing more.',
      )
      .action(async (id: string) => {
        const webhook = await context.client().governance.updateWebhook({ params: { id }, body: { status } });
        context.output().result(webhook, `${webhook.name}: ${webhook.status}`);
      });
  }

  webhooks
    .command('delete <id>')
    .description(api.governance.deleteWebhook.summary)
    .action(async (id: string) => {
      const removed = await context.client().governance.deleteWebhook({ params: { id } });
      context.output().result(removed, `removed ${id}`);
    });

  addPagedListing(webhooks, context, {
    command: 'deliveries <id>',
    summary: api.governance.webhookDeliveries.summary,
    read: (id: string, query: PageFlags & { state?: WebhookDelivery['state'] }) =>
      context.client().governance.webhookDeliveries({ params: { id }, query }),
    columns: {
      id: (delivery) => delivery.id,
      event: (delivery) => delivery.event,
      state: (delivery) => delivery.state,
      attempts: (delivery) => String(delivery.attempts),
      at: (delivery) => time(delivery.createdAt),
      next: (delivery) => time(delivery.nextAt),
      problem: (delivery) => delivery.error ?? '',
    },
  }).addOption(new Option('--state <state>', 'in one state').choices(['pending', 'delivered', 'dead']));

  webhooks
    .command('redeliver <id> <delivery>')
    .description(api.governance.redeliver.summary)
    .action(async (id: string, delivery: string) => {
      const again = await context.client().governance.redeliver({ params: { id, delivery } });
      context.output().result(again, `${again.id} is sent again`);
    });
}
