import { invalidParameter } from '../mlflow-error.ts';

/** `mlflow.utils.validation` of the release this protocol was tested against. */
export const limits = {
  key: 250,
  paramValue: 6_000,
  tagValue: 8_000,
  experimentTagValue: 20_000,
  experimentName: 500,
} as const;

const wellFormed = /^[/\p{L}\p{N}_.\- :]+$/u;

/** Checks the key of a metric, a parameter or a tag; `path` names it in the message. Throws INVALID_PARAMETER_VALUE. */
export function checkKey(key: string, path: string): void {
  if (!wellFormed.test(key)) {
    throw invalidParameter(
      `Invalid value ${JSON.stringify(key)} for parameter '${path}' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`,
    );
  }
  const strange =
    key.startsWith('..') || key.split('/').some((part) => part === '' || part === '.' || part === '..');
  if (strange) {
    throw invalidParameter(
      `Invalid value ${JSON.stringify(key)} for parameter '${path}' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such.`,
    );
  }
  checkLength(key, limits.key, path);
}

/** Throws INVALID_PARAMETER_VALUE. */
export function checkLength(text: string, limit: number, path: string): void {
  if (isLonger(text, limit))
    throw invalidParameter(`'${path}' exceeds the maximum length of ${limit} characters`);
}

/** The text, cut where it is longer, as MLflow's server does by default. */
export function cutTo(text: string, limit: number): string {
  return isLonger(text, limit) ? [...text].slice(0, limit).join('') : text;
}

/** Counts characters, of which some take two units of a text. */
function isLonger(text: string, limit: number): boolean {
  return text.length > limit && (text.length > 2 * limit || [...text].length > limit);
}
