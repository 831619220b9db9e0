export const modelMessages = {} as const;
