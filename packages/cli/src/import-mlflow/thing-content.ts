import { hash } from 'node:crypto';
import type { ImportedSeries } from '@esteira/contracts';
import { canonicalText } from './canonical-text.ts';
import type { SourceExperiment, SourceLoggedModel, SourceModel, SourceRun } from './mlflow-source.ts';

type Things = Readonly<Record<string, string>>;

/** What an experiment says, part by part as texts. Its number may be taken, and whether it is deleted is counted. */
export function contentOfExperiment({ name, note, tags = [], ...times }: SourceExperiment): Things {
  return {
    words: canonicalText([name, note]),
    tags: sorted(tags),
    times: canonicalText([times.createdAt, times.updatedAt]),
  };
}

/**
 * What a run says, part by part as texts: equal of two servers when the run is. Files, histories and whether it is deleted are
 * compared by themselves, its experiment is not: its number may be taken. Who began it only where the source tells.
 */
export function contentOfRun(run: SourceRun, source: SourceRun): Things {
  const { params = [], tags = [], metrics, datasets = [], modelInputs = [], modelOutputs = [] } = run;
  return {
    words: canonicalText([
      ...[run.name, run.note, run.status, run.parentRunId, run.startedAt, run.finishedAt],
      source.userName === undefined ? undefined : run.userName,
    ]),
    params: sorted(params),
    tags: sorted(tags),
    'latest metrics': sorted(metrics),
    datasets: sorted(datasets.map(({ tags: words = [], ...dataset }) => [dataset, sorted(words)])),
    models: sorted([
      ...modelInputs.map((model) => ['in', model]),
      ...modelOutputs.map((model) => ['out', model]),
    ]),
  };
}

/** What a logged model says, part by part as texts. Its files are compared by themselves, and whether it is deleted is counted. */
export function contentOfLoggedModel(model: SourceLoggedModel): Things {
  const { name, type, status, sourceRunId, createdAt, updatedAt } = model;
  return {
    words: canonicalText([name, type, status]),
    'source run': canonicalText(sourceRunId),
    times: canonicalText([createdAt, updatedAt]),
    params: sorted(model.params ?? []),
    tags: sorted(model.tags ?? []),
    metrics: sorted(model.metrics ?? []),
  };
}

/** What a registered model and its versions say, part by part as texts. */
export function contentOfModel({
  description,
  createdAt,
  updatedAt,
  tags = [],
  ...model
}: SourceModel): Things {
  const { aliases = [], versions } = model;
  return {
    words: canonicalText([description, createdAt, updatedAt]),
    tags: sorted(tags),
    aliases: sorted(aliases),
    ...Object.fromEntries(
      versions.map(({ version, resolved: _, tags: words = [], ...said }) => [
        `version ${version}`,
        canonicalText([said, sorted(words)]),
      ]),
    ),
  };
}

/** The parts that two things differ in, by their names. */
export function partsThatDiffer(source: Things, target: Things): readonly string[] {
  return Object.keys({ ...source, ...target }).filter((part) => source[part] !== target[part]);
}

/** A sum over points, whatever their order: equal of two histories when they hold the same points. */
export function addPoints(sum: bigint, { name, points }: ImportedSeries): bigint {
  let total = sum;
  for (const [step, at, value] of points) {
    const digest = hash('sha256', JSON.stringify([name, step, at, value]), 'buffer');
    total = BigInt.asUintN(64, total + digest.readBigUInt64LE());
  }
  return total;
}

function sorted(items: readonly unknown[]): string {
  return canonicalText(items.map(canonicalText).sort());
}
