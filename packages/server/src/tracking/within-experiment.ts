import type { HoldSubject } from '@esteira/contracts';

/** What a legal hold may be laid on, that things of an experiment lie within. */
export function withinExperiment(experiment: string, project: string | null): readonly HoldSubject[] {
  const inProject: HoldSubject[] = project === null ? [] : [{ kind: 'project', id: project }];
  return [{ kind: 'experiment', id: experiment }, ...inProject];
}
