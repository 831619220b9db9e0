import type { EvidenceReader } from '../governance/index.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import { projectEvidence } from './project-evidence.ts';
import { projectsRoutes } from './projects-routes.ts';
import { createProjectsService, type Projects, type ProjectsDeps } from './projects-service.ts';

export type { Projects } from './projects-service.ts';

/** The room of use cases. */
export interface ProjectsRoom extends Projects {
  readonly routes: readonly RouteBinding[];
  readonly evidenceReaders: readonly EvidenceReader[];
}

export function createProjects(deps: ProjectsDeps): ProjectsRoom {
  const service = createProjectsService(deps);
  return { ...service, routes: projectsRoutes(service), evidenceReaders: [projectEvidence(deps.sql)] };
}
