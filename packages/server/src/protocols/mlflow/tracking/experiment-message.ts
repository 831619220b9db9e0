import type { Experiment } from '../../../tracking/index.ts';
import { withItems } from './run-message.ts';
import { wordTags } from './run-words.ts';

/** An experiment as the JSON of a `mlflow.protos.service.Experiment`. Its note is a tag, as that of a run. */
export function experimentJson(experiment: Experiment, tags: string): string {
  const note = experiment.note === '' ? [] : [{ key: wordTags.note, value: experiment.note }];
  const message = JSON.stringify({
    experiment_id: String(experiment.number),
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.deletedAt === undefined ? 'active' : 'deleted',
    last_update_time: experiment.updatedAt,
    creation_time: experiment.createdAt,
  });
  const all = withItems(tags, note);
  return all === '[]' ? message : `${message.slice(0, -1)},"tags":${all}}`;
}
