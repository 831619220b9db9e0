import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { exitCodes } from '../../exit-code.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { number, plain, time } from '../../number-text.ts';
import { parseInteger, parseTime } from '../../option-values.ts';
import { facts } from '../../output.ts';

interface ListFlags extends PageFlags {
  readonly action?: string;
  readonly actorId?: string;
  readonly subjectKind?: string;
  readonly subjectId?: string;
  readonly from?: number;
  readonly until?: number;
}

/** `esteira audit`: the log of who did what, and the proofs that nobody changed it. */
export function addAuditCommand(program: Command, context: CommandContext): void {
  const audit = program.command('audit').description('The audit log and its proofs');

  addPagedListing(audit, context, {
    command: 'list',
    summary: api.governance.listAudit.summary,
    read: (flags: ListFlags) => context.client().governance.listAudit({ query: flags }),
    columns: {
      index: (entry) => number(entry.index),
      at: (entry) => time(entry.at),
      action: (entry) => entry.action,
      actor: (entry) => entry.actor.id,
      subject: (entry) => `${entry.subject.kind} ${entry.subject.id}`,
    },
  })
    .option('--action <action>', 'such as datasets.version.created')
    .option('--actor-id <id>', 'what one identity did')
    .option('--subject-kind <kind>', 'what was done to one kind of thing')
    .option('--subject-id <id>', 'what was done to one thing')
    .option('--from <time>', 'from this time on', parseTime)
    .option('--until <time>', 'before this time', parseTime);

  audit
    .command('verify')
    .description(api.governance.verifyAudit.summary)
    .option('--checkpoint <file>', 'a checkpoint kept elsewhere, which alone can show a cut-off end')
    .action(async ({ checkpoint }: { checkpoint?: string }) => {
      const query = checkpoint === undefined ? {} : parseCheckpoint(readFileSync(checkpoint, 'utf8'));
      const verification = await context.client().governance.verifyAudit({ query });
      const { ok, size, signedHeads, unsealed, rootHash, problems } = verification;
      const text = facts([
        ['verdict', ok ? 'the log is what was signed' : 'THE LOG WAS CHANGED'],
        [
          'rows',
          `${number(size)} sealed under ${number(signedHeads)} signed heads, ${number(unsealed)} not yet sealed`,
        ],
        ['root hash', rootHash],
        ['problems', problems.map(({ index, problem }) => `row ${index}: ${problem}`).join('\n')],
      ]);
      context.output().result(verification, text);
      if (!ok) context.exitWith(exitCodes.failed);
    });

  audit
    .command('checkpoint')
    .description(api.governance.auditCheckpoint.summary)
    .option('-o, --out <file>', 'save it')
    .action(async ({ out }: { out?: string }) => {
      const checkpoint = await context.client().governance.auditCheckpoint();
      if (out !== undefined) await writeFile(out, checkpoint.checkpoint);
      const saved = out === undefined ? checkpoint.checkpoint.trimEnd() : `saved in ${out}`;
      context.output().result(checkpoint, `${saved}\nverifier key: ${checkpoint.verifierKey}`);
    });

  audit
    .command('proof')
    .argument('<index>', 'place of the row in the log', parseInteger)
    .description(api.governance.auditProof.summary)
    .action(async (index: number) => {
      const proof = await context.client().governance.auditProof({ params: { index } });
      context
        .output()
        .result(proof, facts(Object.entries(proof).map(([label, value]) => [label, lines(value)])));
    });

  audit
    .command('consistency')
    .argument('<from>', 'size of the log then', parseInteger)
    .argument('<to>', 'size of the log now', parseInteger)
    .description(api.governance.auditConsistency.summary)
    .action(async (from: number, to: number) => {
      const proof = await context.client().governance.auditConsistency({ query: { from, to } });
      context
        .output()
        .result(proof, facts(Object.entries(proof).map(([label, value]) => [label, lines(value)])));
    });
}

/** The second line of a C2SP checkpoint is the size of the log, the third its root hash in base64. */
export function parseCheckpoint(note: string): { size: number; rootHash: string } {
  const [, size = '', hash = ''] = note.split('\n');
  const rootHash = Buffer.from(hash, 'base64').toString('hex');
  if (!/^\d+$/.test(size) || rootHash.length !== 64)
    throw usageError('The file is not a checkpoint of the audit log.');
  return { size: Number(size), rootHash };
}

function lines(value: unknown): string {
  return Array.isArray(value) ? value.join('\n') : plain(value);
}
