export const pipelineMessages = {};
