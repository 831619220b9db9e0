/**
 * What is wrong with the definition of a scorer: `not-json`, or `code` when a client that loads it would run code of whoever
 * put it there (`call_source` of MLflow). Undefined when it can be kept.
 */
export function problemOfDefinition(definition: string): 'not-json' | 'code' | undefined {
  let holdsCode = false;
  try {
    JSON.parse(definition, (key, value: unknown) => {
      if (key === 'call_source' && value !== null && value !== '') holdsCode = true;
      return value;
    });
  } catch {
    return 'not-json';
  }
  return holdsCode ? 'code' : undefined;
}
