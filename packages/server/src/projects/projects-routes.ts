import { projectsApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { Projects } from './projects-service.ts';

export function projectsRoutes(projects: Projects): readonly RouteBinding[] {
  return [
    bindRoute(projectsApi.createProject, ({ body }, context) => projects.create(context, body)),
    bindRoute(projectsApi.projects, ({ query }, context) => projects.list(context.workspace, query)),
    bindRoute(projectsApi.project, ({ params }, context) => projects.get(context.workspace, params.name)),
    bindRoute(projectsApi.updateProject, ({ params, body }, context) =>
      projects.update(context, params.name, body),
    ),
    bindRoute(projectsApi.projectHistory, async ({ params }, context) => {
      return { items: [...(await projects.history(context.workspace, params.name))] };
    }),
    bindRoute(projectsApi.estimateRoi, ({ params, body }, context) => {
      const { baseline, ...model } = body;
      return projects.estimateRoi(context.workspace, params.name, model, baseline);
    }),
  ];
}
