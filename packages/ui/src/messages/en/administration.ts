export const administrationMessages = {} as const;
