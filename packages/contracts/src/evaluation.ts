/** Operations of the room evaluation. */
export const evaluationApi = {};
