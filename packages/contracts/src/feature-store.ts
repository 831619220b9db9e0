/** Operations of the room feature-store. */
export const featureStoreApi = {};
