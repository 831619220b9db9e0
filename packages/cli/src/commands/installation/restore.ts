import type { Restored } from '@esteira/server';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { bytes, number, time } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';
import { placeHelp, signingKeyHelp, writeArchive } from './backup.ts';
import { addArchiveKeys, addEngineOptions, engineFlags } from './engine-options.ts';
import { followArchive, interruptible } from './follow-archive.ts';

interface RestoreFlags extends Readonly<Record<string, unknown>> {
  readonly from: string;
  readonly archive?: string;
  readonly verify?: true;
  readonly signingKey?: string;
}

/** `esteira restore`: fills an empty place from an archive. */
export function addRestoreCommand(program: Command, context: CommandContext): void {
  const restoring = program
    .command('restore')
    .description(
      'Fill an empty data directory, database and bucket from an archive; goes on where it was cut short',
    )
    .option('--verify', 'read everything back and compare it');
  addArchiveOptions(restoring).action((flags: RestoreFlags) => fill(context, 'backup', flags));
}

/** `esteira house`: an installation moves to other engines or another machine. */
export function addHouseCommand(program: Command, context: CommandContext): void {
  const house = program
    .command('house')
    .description('Move an installation to other engines or another machine');
  const exporting = addEngineOptions(
    house
      .command('export')
      .description('Write an archive of a stopped installation, with nothing left behind')
      .requiredOption('--to <place>', placeHelp)
      .option('--signing-key-to <file>', signingKeyHelp),
  );
  addArchiveKeys(exporting).action((flags: { to: string; signingKeyTo?: string }) =>
    writeArchive(context, 'house', { ...flags }),
  );
  addArchiveOptions(
    house
      .command('import')
      .description(
        'Fill an empty place from an archive and compare all of it; goes on where it was cut short',
      ),
  ).action((flags: RestoreFlags) => fill(context, 'house', { ...flags, verify: true }));
}

function addArchiveOptions(command: Command): Command {
  const engines = addEngineOptions(
    command
      .requiredOption('--from <place>', placeHelp)
      .option('--archive <name>', 'which one; the newest unless given')
      .option(
        '--signing-key <file>',
        'key that signs the audit log, unless it lies in the data directory already',
      ),
  );
  return addArchiveKeys(engines);
}

async function fill(context: CommandContext, as: 'backup' | 'house', flags: RestoreFlags): Promise<void> {
  const { restore } = await import('@esteira/server');
  const restored = await interruptible((signal) =>
    restore({
      flags: engineFlags(flags),
      environment: context.environment,
      from: flags.from,
      ...(flags.archive === undefined ? {} : { archive: flags.archive }),
      as,
      verify: flags.verify === true,
      ...(flags.signingKey === undefined ? {} : { signingKey: flags.signingKey }),
      onProgress: followArchive(context),
      signal,
    }),
  );
  context.output().result(restored, describeRestored(restored));
}

function describeRestored({ manifest, dataDir, audit, verified, resumed }: Restored): string {
  const filled = manifest.tables.filter(({ rows }) => rows > 0);
  return paragraphs(
    table(filled, {
      table: ({ name }) => name,
      rows: ({ rows }) => number(rows),
      'SHA-256': ({ digest }) => digest.replace('sha256:', '').slice(0, 16),
      verdict: () => (verified ? 'same' : 'written'),
    }),
    facts([
      ['restored', `${manifest.name}, as of ${time(manifest.snapshotAt)} UTC, into ${dataDir}`],
      ['content', `${number(manifest.blobs.rows)} blobs, ${bytes(manifest.blobs.contentBytes)}`],
      [
        'audit log',
        `verified: ${number(audit.size)} rows under ${number(audit.signedHeads)} signed heads, ${number(audit.unsealed)} not yet sealed`,
      ],
      ['verdict', verified ? 'everything was read back and is the same' : 'not read back: pass --verify'],
      ['continued', resumed ? 'an earlier attempt had been cut short' : ''],
      ['missing', manifest.damaged.map((digest) => `${digest} was damaged before the backup`).join('\n')],
    ]),
  );
}
