import type { GarbageReport } from '@esteira/contracts';

type Lines = 'removed' | 'kept' | 'freed' | 'stored';
type LineOf<Name extends Lines> = GarbageReport[Name][number];

export function emptyReport(dryRun: boolean): GarbageReport {
  return {
    dryRun,
    removed: [],
    kept: [],
    freed: [],
    waiting: { blobs: 0, bytes: 0, nextAt: null },
    stored: [],
    missing: 0,
  };
}

/** A report in which more was removed and freed; what was only found is that of `more`. */
export function addReports(report: GarbageReport, more: Partial<Pick<GarbageReport, 'removed' | 'freed'>>) {
  const sum = { ...report, removed: [...report.removed], freed: [...report.freed] };
  for (const line of more.removed ?? []) addLine(sum.removed, line);
  for (const line of more.freed ?? []) addLine(sum.freed, line);
  return sum;
}

/** Adds the amounts of a line to the line that is like it, or adds the line. */
export function addLine<Name extends Lines>(lines: LineOf<Name>[], line: LineOf<Name>): void {
  const key = keyOf(line);
  const at = lines.findIndex((known) => keyOf(known) === key);
  const known = lines[at];
  if (known === undefined) {
    lines.push(line);
    return;
  }
  const bytes = known.bytes + line.bytes;
  if ('things' in known && 'things' in line)
    lines[at] = { ...known, things: known.things + line.things, bytes };
  if ('blobs' in known && 'blobs' in line) lines[at] = { ...known, blobs: known.blobs + line.blobs, bytes };
}

/** What a workspace may see: its own lines, and those of no workspace. */
export function reportFor(report: GarbageReport, workspace: string): GarbageReport {
  return {
    ...report,
    removed: report.removed.filter((line) => line.workspace === workspace),
    kept: report.kept.filter((line) => line.workspace === workspace),
    freed: report.freed.filter((line) => line.workspace === workspace || line.workspace === null),
    stored: report.stored.filter((line) => line.workspace === workspace),
  };
}

function keyOf(line: LineOf<Lines>): string {
  const { bytes: _bytes, ...rest } = line;
  const named = Object.entries(rest).filter(([name]) => name !== 'things' && name !== 'blobs');
  return JSON.stringify(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}
