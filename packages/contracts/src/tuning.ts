/** Operations of the room tuning. */
export const tuningApi = {};
