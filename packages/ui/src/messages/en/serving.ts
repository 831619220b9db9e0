export const servingMessages = {} as const;
