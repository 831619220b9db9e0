/** Operations of the room monitoring. */
export const monitoringApi = {};
