export const monitoringMessages = {};
