import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from '@esteira/sdk';
import { parse } from 'yaml';
import type { Chapter, Story } from '../story.ts';

type NewProject = Parameters<Story['client']['projects']['createProject']>[0]['body'];

export const openProject: Chapter = {
  title: 'Project',
  async tell(story) {
    const { client, console } = story;
    const wanted = parse(readFileSync(join(story.folder, 'project.yaml'), 'utf8')) as NewProject;
    const project = await client.projects.createProject({ body: wanted }).catch(async (error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      return await client.projects.project({ params: { name: wanted.name } });
    });
    console.fact(project.problem.trim());
    const { successMetric, sla, riskClass } = project;
    console.fact(
      `success: ${successMetric.name} above the ${successMetric.baseline}, lower 95 % bound > ${successMetric.margin}; p95 < ${sla.p95Ms} ms; risk: ${riskClass}`,
    );
    return 'opened, with metric, SLA, return and risk on record before any training';
  },
};
