/** Operations of the room tracking. */
export const trackingApi = {};
