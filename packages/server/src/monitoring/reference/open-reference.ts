import type { MonitorReference } from '@esteira/contracts';
import { z } from 'zod';
import type { OpenDataset } from '../../datasets/index.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';

/** The rows a monitor compares with, ready to be read. */
export interface OpenReference {
  /** SQL for a FROM clause; its rows come in an order that is always the same. */
  readonly from: string;
  readonly digest: string;
  readonly columns: OpenDataset['columns'];
  /** What the version names as features; undefined when it does not say. */
  readonly features: readonly string[] | undefined;
  readonly timeColumn: string | undefined;
}

const Attributes = z.object({
  features: z.array(z.string()).optional(),
  eventTime: z.string().optional(),
});

/** Throws MONITOR_REFERENCE_UNUSABLE, and what the room of the datasets throws for ids it does not know. */
export async function openReference(
  deps: Pick<MonitoringDeps, 'datasets'>,
  workspace: string,
  reference: MonitorReference,
): Promise<OpenReference> {
  const { splitId, versionId, part } = reference;
  if ((splitId === undefined) === (versionId === undefined)) {
    throw unusable('it names either a split or a dataset version');
  }
  if (splitId !== undefined) {
    const opened = await deps.datasets.openSplit(workspace, splitId);
    const rows = opened.parts[part];
    if (!rows) throw unusable(`the split has no part ${part}`);
    return describe(rows, opened.version, opened.version.columns, reference);
  }
  const opened = await deps.datasets.open(workspace, versionId ?? '');
  return describe(
    { from: opened.from, digest: opened.version.digest },
    opened.version,
    opened.columns,
    reference,
  );
}

function describe(
  rows: { readonly from: string; readonly digest: string },
  version: Pick<OpenDataset['version'], 'attributes'>,
  columns: OpenDataset['columns'],
  { timeColumn }: MonitorReference,
): OpenReference {
  const attributes = Attributes.safeParse(version.attributes);
  const { features, eventTime } = attributes.success ? attributes.data : {};
  const named = (name: string | undefined) => columns.find((column) => column.name === name);
  if (timeColumn !== undefined && !named(timeColumn)) throw unusable(`it has no column ${timeColumn}`);
  const time = named(timeColumn ?? eventTime ?? 'event_time')?.name;
  return { from: rows.from, digest: rows.digest, columns, features, timeColumn: time };
}

function unusable(problem: string) {
  return esteiraError('MONITOR_REFERENCE_UNUSABLE', { problem });
}
