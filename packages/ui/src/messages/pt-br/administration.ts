export const administrationMessages = {};
