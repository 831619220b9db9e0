/** Operations of the room pipelines. */
export const pipelinesApi = {};
