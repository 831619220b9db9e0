/** Operations of the room registry. */
export const registryApi = {};
