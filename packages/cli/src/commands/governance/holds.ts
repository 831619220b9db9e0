import { api, HoldSubject, type LegalHold } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';

/** `esteira holds`: what nobody may remove, until somebody else releases it. */
export function addHoldsCommand(program: Command, context: CommandContext): void {
  const holds = program.command('holds').description('Legal holds: what nobody may remove');

  addPagedListing(holds, context, {
    command: 'list',
    summary: api.governance.legalHolds.summary,
    read: (query: PageFlags & { state?: 'active' | 'released' }) =>
      context.client().governance.legalHolds({ query }),
    columns: {
      id: (hold) => hold.id,
      covers: (hold) => hold.subjects.map(({ kind, id }) => `${kind}:${id}`).join(', '),
      reason: (hold) => hold.reason,
      placed: (hold) => time(hold.placedAt),
      by: (hold) => hold.placedBy,
      released: (hold) => time(hold.releasedAt),
    },
  }).addOption(new Option('--state <state>', 'in one state').choices(['active', 'released']));

  holds
    .command('place')
    .description(api.governance.placeLegalHold.summary)
    .argument('<subject...>', 'what it covers, as kind:name or kind:id, such as project:loans')
    .requiredOption('--reason <text>', 'why, 10 characters or more')
    .action(async (subjects: string[], { reason }: { reason: string }) => {
      const body = { reason, subjects: subjects.map(parseSubject) };
      const hold = await context.client().governance.placeLegalHold({ body });
      context.output().result(hold, describeHold(hold));
    });

  holds
    .command('release <id>')
    .description(api.governance.releaseLegalHold.summary)
    .requiredOption('--reason <text>', 'why, 10 characters or more')
    .action(async (id: string, body: { reason: string }) => {
      const hold = await context.client().governance.releaseLegalHold({ params: { id }, body });
      context.output().result(hold, `released ${hold.id}`);
    });
}

function parseSubject(text: string): HoldSubject {
  const at = text.indexOf(':');
  const parsed = HoldSubject.safeParse({ kind: text.slice(0, at), id: text.slice(at + 1) });
  if (parsed.success) return parsed.data;
  const kinds = HoldSubject.shape.kind.options.join(', ');
  throw usageError(`"${text}" is no subject: write kind:name, the kind one of ${kinds}`);
}

function describeHold({ id, subjects }: LegalHold): string {
  const covered = subjects.map((subject) => `${subject.kind} ${subject.id}`).join(', ');
  return `placed ${id} on ${covered}; somebody else releases it: esteira holds release ${id} --reason "…"`;
}
