/** Operations of the room datasets. */
export const datasetsApi = {};
