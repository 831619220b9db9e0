export const changeMessages = {};
