import type { Project as ProjectContract } from '@esteira/contracts';
import type { z } from 'zod';

/** The record of a project: what it is for, how success is measured, what it must keep to. */
export type Project = z.output<typeof ProjectContract>;

/** All but what the platform adds. */
export type ProjectRecord = Omit<Project, 'name' | 'revision' | 'createdAt' | 'updatedAt'>;

type MetricName = Project['successMetric']['name'];

const directions: Readonly<Record<MetricName, 'maximize' | 'minimize'>> = {
  pr_auc: 'maximize',
  roc_auc: 'maximize',
  f1: 'maximize',
  accuracy: 'maximize',
  r2: 'maximize',
  log_loss: 'minimize',
  brier: 'minimize',
  rmse: 'minimize',
  mae: 'minimize',
};

/** What is wrong with a record as a whole; undefined when nothing is. */
export function problemOf(record: ProjectRecord): string | undefined {
  const { successMetric, sensitiveAttributes, sensitiveStatement } = record;
  if (successMetric.direction !== directions[successMetric.name]) {
    return `successMetric.direction: ${successMetric.name} is better when it is ${
      directions[successMetric.name] === 'maximize' ? 'higher' : 'lower'
    }`;
  }
  if (sensitiveAttributes.length === 0 && sensitiveStatement === undefined) {
    return 'sensitiveStatement: with no sensitive attribute, a statement says that there is none';
  }
  if (new Set(sensitiveAttributes).size < sensitiveAttributes.length) {
    return 'sensitiveAttributes: one is named twice';
  }
  return undefined;
}
