import { api, type GarbageReport } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { followJob } from '../../follow/follow-job.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { bytes, time } from '../../number-text.ts';
import { paragraphs, table } from '../../output.ts';

/** `esteira gc`: frees what nothing keeps, or says what it would free. */
export function addGcCommand(program: Command, context: CommandContext): void {
  const gc = program.command('gc').description('Frees what nothing keeps, and removes what policies give up');

  gc.command('run', { isDefault: true })
    .description(api.governance.collectGarbage.summary)
    .option('--dry-run', 'only say what would be removed and freed')
    .action(async ({ dryRun = false }: { dryRun?: boolean }) => {
      const { jobId } = await context.client().governance.collectGarbage({ body: { dryRun } });
      const job = await followJob(context, jobId);
      const report = job.result as unknown as GarbageReport;
      context.output().result(report, describeReport(report));
    });

  addPagedListing(gc, context, {
    command: 'list',
    summary: api.governance.garbageCollections.summary,
    read: (query: PageFlags) => context.client().governance.garbageCollections({ query }),
    columns: {
      id: (collection) => collection.id,
      kind: (collection) => (collection.dryRun ? 'dry run' : 'collection'),
      state: (collection) => collection.state,
      started: (collection) => time(collection.startedAt),
      by: (collection) => collection.startedBy,
      removed: ({ report }) => String(sum(report.removed.map((line) => line.things))),
      freed: ({ report }) => bytes(sum(report.freed.map((line) => line.bytes))),
    },
  });
}

function describeReport(report: GarbageReport): string {
  const { dryRun, removed, kept, freed, waiting, missing } = report;
  const things = sum(removed.map((line) => line.things));
  const blobs = sum(freed.map((line) => line.blobs));
  const size = bytes(sum(freed.map((line) => line.bytes)));
  return paragraphs(
    dryRun
      ? `would remove ${things} things and free ${blobs} contents (${size}); nothing was done`
      : `removed ${things} things and freed ${blobs} contents (${size})`,
    freed.length === 0
      ? ''
      : table(freed, {
          freed: (line) => line.kind ?? 'never referred to, or replaced',
          workspace: (line) => line.workspace ?? '-',
          because: (line) => line.because,
          contents: (line) => String(line.blobs),
          size: (line) => bytes(line.bytes),
        }),
    removed.length === 0
      ? ''
      : table(removed, {
          removed: (line) => line.kind,
          workspace: (line) => line.workspace,
          project: (line) => line.project ?? '-',
          'kept for': (line) => `${line.days} days`,
          things: (line) => String(line.things),
          size: (line) => bytes(line.bytes),
        }),
    kept.length === 0
      ? ''
      : table(kept, {
          'over, but kept': (line) => line.kind,
          workspace: (line) => line.workspace,
          because: (line) => line.because,
          things: (line) => String(line.things),
          size: (line) => bytes(line.bytes),
        }),
    waiting.blobs === 0
      ? ''
      : `${waiting.blobs} contents (${bytes(waiting.bytes)}) that nothing refers to wait for their grace period; the first becomes free ${time(waiting.nextAt)}`,
    missing === 0
      ? ''
      : `${missing} contents that are referred to are missing from the store: restore them from a backup`,
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}
