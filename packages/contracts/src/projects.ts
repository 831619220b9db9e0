/** Operations of the room projects. */
export const projectsApi = {};
