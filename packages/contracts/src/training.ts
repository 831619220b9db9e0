/** Operations of the room training. */
export const trainingApi = {};
