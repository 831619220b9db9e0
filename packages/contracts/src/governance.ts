/** Operations of the room governance. */
export const governanceApi = {};
