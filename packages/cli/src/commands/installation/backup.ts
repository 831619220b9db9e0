import type { WrittenArchive } from '@esteira/server';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { exitCodes } from '../../exit-code.ts';
import { followJob } from '../../follow/follow-job.ts';
import { bytes, duration, number, plain, time } from '../../number-text.ts';
import { parseInteger } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';
import { addArchiveKeys, addEngineOptions, engineFlags } from './engine-options.ts';
import { followArchive, interruptible } from './follow-archive.ts';

interface BackupFlags extends Readonly<Record<string, unknown>> {
  readonly to?: string;
  readonly onServer?: true;
  readonly signingKeyTo?: string;
  readonly keep?: number;
}

/** Of the option that both commands take that write archives. */
export const signingKeyHelp =
  'also write the key that signs the audit log to a file; keep it apart from the archives';

/** Of the options that name a place of archives. */
export const placeHelp = 'folder of the archives, or s3://bucket/prefix';

/** `esteira backup`: an archive of the whole installation, beside its running server. */
export function addBackupCommand(program: Command, context: CommandContext): void {
  const backup = addEngineOptions(
    program
      .command('backup')
      .description('Write an archive of the whole installation; its server may run')
      .option('--to <place>', `${placeHelp}; content that it has already is not copied again`)
      .option('--on-server', 'have the server write it to its own place of archives, and wait')
      .option('--signing-key-to <file>', signingKeyHelp)
      .option('--keep <n>', 'then remove all but so many of the newest archives', parseInteger),
  );
  addArchiveKeys(backup).action(async (flags: BackupFlags) => {
    const { to } = flags;
    if (flags.onServer === true) await writeOnServer(context);
    else if (to !== undefined) await writeArchive(context, 'backup', { ...flags, to });
    else throw usageError('There is no place to write to.', 'pass --to <place>, or --on-server');
  });
}

async function writeOnServer(context: CommandContext): Promise<void> {
  const { jobId } = await context.client().installation.startBackup();
  const job = await followJob(context, jobId);
  context.output().result(job.result, `written: ${plain(job.result)}`);
}

/** `esteira backups`: the archives of a folder or bucket, or of the server. */
export function addBackupsCommand(program: Command, context: CommandContext): void {
  const backups = program
    .command('backups [place]')
    .description(
      'List the archives of a folder or s3://bucket/prefix, or those of the server; with --check, compare every byte',
    )
    .option('--check', 'read everything that is there; exit code 1 when something is damaged')
    .option('--blob-keys <value>', 'file with the keys, where the content is encrypted');
  addArchiveKeys(backups).action(
    async (place: string | undefined, { check, ...flags }: { check?: true; blobKeys?: string }) => {
      if (place === undefined) return await listOnServer(context);
      const { listArchives } = await import('@esteira/server');
      const archives = await interruptible((signal) =>
        listArchives({
          flags,
          environment: context.environment,
          from: place,
          check: check === true,
          onProgress: followArchive(context),
          signal,
        }),
      );
      const text = table(archives, {
        archive: ({ name }) => name,
        kind: ({ manifest }) => manifest?.kind ?? '-',
        release: ({ manifest }) => manifest?.release ?? '-',
        engine: ({ manifest }) => manifest?.engine ?? '-',
        rows: ({ manifest }) => number(manifest?.tables.reduce((sum, { rows }) => sum + rows, 0)),
        content: ({ manifest }) => (manifest === undefined ? '-' : bytes(manifest.blobs.contentBytes)),
        verdict: ({ problem }) => problem ?? (check === true ? 'every byte agrees' : 'whole'),
      });
      context.output().result(
        archives.map(({ name, manifest, problem }) => ({
          name,
          ...(manifest === undefined ? {} : { manifest }),
          ...(problem === undefined ? {} : { problem }),
        })),
        text,
      );
      if (archives.some(({ problem }) => problem !== undefined)) context.exitWith(exitCodes.failed);
    },
  );
}

async function listOnServer(context: CommandContext): Promise<void> {
  const backups = await context.client().installation.backups();
  const { configured, schedule, keep, items, unreadable } = backups;
  const text = table(items, {
    archive: ({ name }) => name,
    moment: ({ snapshotAt }) => time(snapshotAt),
    release: ({ release }) => release,
    rows: ({ rows }) => number(rows),
    content: ({ contentBytes }) => bytes(contentBytes),
  });
  const broken = unreadable.map(({ name, problem }) => `${name}: ${problem}`).join('\n');
  const when = configured
    ? `by the schedule "${schedule}" (UTC), the newest ${keep} are kept`
    : 'this server writes no archives: it has no --backup-directory';
  context.output().result(backups, paragraphs(text, broken, when));
}

/** Writes an archive and tells what is in it. */
export async function writeArchive(
  context: CommandContext,
  kind: 'backup' | 'house',
  flags: BackupFlags & { readonly to: string },
): Promise<void> {
  const { backUp } = await import('@esteira/server');
  const written = await interruptible((signal) =>
    backUp({
      flags: engineFlags(flags),
      environment: context.environment,
      to: flags.to,
      kind,
      ...(flags.keep === undefined ? {} : { keep: flags.keep }),
      ...(flags.signingKeyTo === undefined ? {} : { signingKeyTo: flags.signingKeyTo }),
      onProgress: followArchive(context),
      signal,
    }),
  );
  const { manifest, copied } = written;
  context.output().result({ to: flags.to, copied, manifest }, describeWritten(flags.to, written));
  if (manifest.damaged.length > 0) context.exitWith(exitCodes.failed);
}

function describeWritten(to: string, { manifest, copied }: WrittenArchive): string {
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const took = manifest.finishedAt - manifest.startedAt;
  return paragraphs(
    facts([
      ['archive', `${manifest.name} in ${to}`],
      ['moment', `${time(manifest.snapshotAt)} UTC: what was acknowledged before is in it`],
      ['tables', `${number(manifest.tables.length)} with ${number(rows)} rows`],
      ['content', `${number(manifest.blobs.rows)} blobs, ${bytes(manifest.blobs.contentBytes)}`],
      ['copied', `${number(copied.blobs)} blobs, ${bytes(copied.bytes)}; the rest was there`],
      ['took', duration(took)],
      ['damaged', manifest.damaged.join('\n')],
    ]),
    manifest.damaged.length === 0
      ? ''
      : 'The damaged content was damaged in the installation before, and is not in the archive.',
    manifest.signingKey === null
      ? 'Not in it, to be kept apart: the key that signs the audit log (--signing-key-to writes it to a file).'
      : `Not in it, to be kept apart: the file of --blob-keys with its key "${manifest.signingKey.keyId}". It opens the content and the key that signs the audit log.`,
  );
}
