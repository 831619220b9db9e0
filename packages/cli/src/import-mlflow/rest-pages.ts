/** Goes through the pages of a search, whose items stand under a key of each answer. */
export async function* restPages<Key extends string, Item>(
  key: Key,
  ask: (
    token: string | undefined,
  ) => Promise<
    { readonly next_page_token?: string | undefined } & { readonly [K in Key]?: readonly Item[] | undefined }
  >,
): AsyncIterable<readonly Item[]> {
  let token: string | undefined;
  do {
    const answer = await ask(token);
    yield answer[key] ?? [];
    token = answer.next_page_token || undefined;
  } while (token !== undefined);
}
