export const servingMessages = {};
