/** Operations of the room serving. */
export const servingApi = {};
