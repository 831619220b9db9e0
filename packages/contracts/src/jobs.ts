/** Operations of the room jobs. */
export const jobsApi = {};
