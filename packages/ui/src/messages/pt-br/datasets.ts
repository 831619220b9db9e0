export const datasetMessages = {};
