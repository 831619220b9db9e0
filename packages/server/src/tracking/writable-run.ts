import { assertNotHeld } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { RunHead } from './run.ts';
import { findRunHead } from './run-store.ts';

/** Throws LEGAL_HOLD when a hold covers the run, or something that came of it. */
export async function assertRunNotHeld(
  reader: SqlReader,
  { workspace }: RequestContext,
  run: RunHead,
): Promise<void> {
  const experiment = { kind: 'experiment', id: run.experiment } as const;
  const { project } = run;
  const within =
    project === undefined ? [experiment] : [experiment, { kind: 'project', id: project } as const];
  await assertNotHeld(reader, workspace, { kind: 'run', id: run.id }, within);
}

/** Throws RUN_NOT_FOUND. */
export async function existingRun(reader: SqlReader, context: RequestContext, id: string): Promise<RunHead> {
  const run = await findRunHead(reader, context.workspace, id);
  if (run === undefined) throw esteiraError('RUN_NOT_FOUND', { id });
  return run;
}

/** Throws RUN_NOT_FOUND, RUN_DELETED. */
export async function writableRun(reader: SqlReader, context: RequestContext, id: string): Promise<RunHead> {
  const run = await existingRun(reader, context, id);
  if (run.deletedAt !== undefined || run.experimentDeleted) throw esteiraError('RUN_DELETED', { id });
  return run;
}
