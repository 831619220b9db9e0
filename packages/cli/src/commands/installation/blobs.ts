import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { followJob } from '../../follow/follow-job.ts';
import { number } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';

interface Rotation {
  readonly active: string;
  readonly rewrapped: number;
  readonly encrypted: number;
  readonly left: Readonly<Record<string, number>>;
}

/** `esteira blobs`: the keys that stored content is encrypted with. */
export function addBlobsCommand(program: Command, context: CommandContext): void {
  const blobs = program.command('blobs').description('Encryption of stored content at rest');

  blobs
    .command('new-key <file>')
    .description('Add a fresh key to a key file, which is made when it is missing; works without a server')
    .option('--id <id>', 'its name; the day unless given')
    .option('--standby', 'keep the active key: every server must have the new one before any uses it')
    .action(async (path: string, { id, standby }: { id?: string; standby?: true }) => {
      const { keepBlobKey } = await import('@esteira/server');
      const made = keepBlobKey({ path, ...(id === undefined ? {} : { id }), standby: standby === true });
      context.output().result(
        { file: path, ...made },
        paragraphs(
          facts([
            ['file', path],
            ['new key', made.id],
            ['active key', made.active],
          ]),
          'Keep a copy of the file apart from the installation and its backups: without the key, nothing of the content can be read.',
        ),
      );
    });

  blobs
    .command('status')
    .description(api.governance.blobKeys.summary)
    .action(async () => {
      const status = await context.client().governance.blobKeys();
      const text = table([...status.keys], {
        key: ({ id }) => id,
        blobs: ({ blobs: count }) => number(count),
        state: ({ id, available }) => {
          if (!available) return 'this server has it not';
          return id === status.active ? 'active' : '';
        },
      });
      context.output().result(status, paragraphs(text, `not encrypted: ${number(status.plain)} blobs`));
    });

  blobs
    .command('rotate')
    .description(api.governance.rotateBlobKeys.summary)
    .option('--encrypt-plain', 'also encrypt what was stored before encryption was switched on')
    .action(async ({ encryptPlain }: { encryptPlain?: true }) => {
      const body = { encryptPlain: encryptPlain === true };
      const { jobId } = await context.client().governance.rotateBlobKeys({ body });
      const job = await followJob(context, jobId);
      const { active, rewrapped, encrypted, left } = job.result as unknown as Rotation;
      const lines = Object.entries(left).map(
        ([id, count]) => `${number(count)} under "${id}", which this server has not`,
      );
      context.output().result(
        job.result,
        facts([
          ['active key', active],
          ['re-wrapped', number(rewrapped)],
          ['encrypted', number(encrypted)],
          ['left as they were', lines.join('\n')],
        ]),
      );
    });
}
