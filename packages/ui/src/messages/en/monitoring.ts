export const monitoringMessages = {} as const;
