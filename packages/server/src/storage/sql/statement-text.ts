/** A statement as it is shown and compared, with what is bound to it behind. */
export function statementText(sql: string, parameters: readonly unknown[]): string {
  return parameters.length === 0 ? `${sql};` : `${sql}; -- ${JSON.stringify(parameters)}`;
}
