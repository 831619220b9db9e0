import type { Experiment } from '../../../tracking/index.ts';
import { wordTags } from './run-words.ts';

/** An experiment as `mlflow.protos.service.Experiment`. Its note is a tag, as that of a run. */
export function experimentMessage(experiment: Experiment, tags: ReadonlyMap<string, string> = noTags) {
  const messages = Array.from(tags, ([key, value]) => ({ key, value }));
  if (experiment.note !== '') messages.push({ key: wordTags.note, value: experiment.note });
  return {
    experiment_id: String(experiment.number),
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.deletedAt === undefined ? 'active' : 'deleted',
    last_update_time: experiment.updatedAt,
    creation_time: experiment.createdAt,
    ...(messages.length === 0 ? {} : { tags: messages }),
  };
}

const noTags: ReadonlyMap<string, string> = new Map();
