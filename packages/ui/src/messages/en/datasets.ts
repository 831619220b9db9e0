export const datasetMessages = {} as const;
