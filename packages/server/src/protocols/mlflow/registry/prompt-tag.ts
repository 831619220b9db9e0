/** The tag that makes a prompt of a registered model. */
export const promptTag = 'mlflow.prompt.is_prompt';

/** Whether tags say that something is a prompt. */
export function saysPrompt(tags: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(tags, promptTag) && tags[promptTag]?.toLowerCase() === 'true';
}
