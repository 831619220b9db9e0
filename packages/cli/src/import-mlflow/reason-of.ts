/** What is told of an error: what happened, and why where that is known. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const why = 'why' in error && typeof error.why === 'string' && error.why !== '' ? ` ${error.why}` : '';
  return `${error.message}${why}`;
}
