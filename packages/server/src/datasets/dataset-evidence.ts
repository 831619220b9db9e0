import { z } from 'zod';
import type { EvidenceReader } from '../governance/index.ts';
import type { CheckGroup } from './contracts/contract-rules.ts';
import { latestValidation, type ValidationRun } from './contracts/validation-run-store.ts';
import type { DatasetsDeps } from './datasets-deps.ts';
import { existingSplit } from './splits/split-store.ts';
import { existingVersion, sourcesOf } from './versions/dataset-version-store.ts';

type Deps = Pick<DatasetsDeps, 'sql'>;

/** What is known about how a version was validated. */
export interface VersionValidation {
  readonly runId: string;
  readonly versionId: string;
  readonly outcome: 'passed' | 'refused';
  readonly contractVersion: number;
  readonly contractDigest: string;
  /** Which groups of checks the contract held. */
  readonly schema: boolean;
  readonly distribution: boolean;
  readonly missing: boolean;
  /** A stricter contract, in force since the data landed, would have refused it. */
  readonly loosened: boolean;
}

const VersionEvidence = z.object({
  splitId: z.string().nullable().optional(),
  datasetVersions: z.array(z.object({ id: z.string() })).min(1),
});

// Far more generations than data ever has; a bound against a damaged graph.
const mostVersions = 1000;

/** Readers of the evidence `data` (versions and their ancestors, with validation) and `split`. */
export function datasetEvidence(deps: Deps): readonly EvidenceReader[] {
  return [
    {
      name: 'data',
      async read(context, _subject, other) {
        const version = VersionEvidence.safeParse(await other('version'));
        if (!version.success) return undefined;
        const ids = version.data.datasetVersions.map(({ id }) => id);
        return { versions: await versionsWithAncestors(deps, context.workspace, ids) };
      },
    },
    {
      name: 'split',
      async read(context, _subject, other) {
        const version = VersionEvidence.safeParse(await other('version'));
        const id = version.data?.splitId;
        if (id === undefined || id === null) return undefined;
        const { datasetVersionId, recipe, parts, leakage } = await existingSplit(
          deps.sql,
          context.workspace,
          id,
        );
        const { train, validation, test } = parts;
        return {
          id,
          datasetVersionId,
          seed: recipe.seed,
          method: recipe.method,
          parts: {
            train: { rows: train.rows, digest: train.digest },
            test: { rows: test.rows, digest: test.digest },
            ...(validation === undefined
              ? {}
              : { validation: { rows: validation.rows, digest: validation.digest } }),
          },
          leakage: { checked: true, ...leakage },
        };
      },
    },
  ];
}

/** The newest validation of a version; undefined when it was never validated. */
export async function validationOf(
  deps: Deps,
  workspace: string,
  versionId: string,
): Promise<VersionValidation | undefined> {
  const run = await latestValidation(deps.sql, workspace, versionId);
  if (run === undefined) return undefined;
  return {
    runId: run.id,
    versionId,
    outcome: run.validation.outcome,
    contractVersion: run.contractVersion,
    contractDigest: run.contractDigest,
    schema: holds(run, 'schema'),
    distribution: holds(run, 'distribution'),
    missing: holds(run, 'missing'),
    loosened: run.loosenedFrom !== undefined,
  };
}

async function versionsWithAncestors(deps: Deps, workspace: string, ids: readonly string[]) {
  const found = [];
  const seen = new Set(ids);
  const waiting = [...ids];
  for (let id = waiting.shift(); id !== undefined && found.length < mostVersions; id = waiting.shift()) {
    const version = await existingVersion(deps.sql, workspace, id);
    const sources = await sourcesOf(deps.sql, workspace, id);
    const parents = sources.filter((source) => source.kind === 'dataset-version').map((source) => source.id);
    for (const parent of parents) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      waiting.push(parent);
    }
    const validation = await validationOf(deps, workspace, id);
    found.push({
      id,
      digest: version.digest,
      derived: version.origin === 'derived',
      sourceFiles: sources.filter((source) => source.kind === 'source-file').length,
      parents,
      validation: validation === undefined ? null : { ...validation },
    });
  }
  return found;
}

/** A group counts when a check of it can refuse data, and was evaluated. */
function holds(run: ValidationRun, group: CheckGroup): boolean {
  return run.validation.checks.some(
    (check) => check.group === group && check.severity === 'error' && check.outcome !== 'not-evaluated',
  );
}
