/**
 * Every row of a list that is read in pages, one page in memory at a time. `read` gives the rows behind the last row of the
 * page before, in the order of its key; an empty page is the end.
 */
export async function* inPages<Row>(
  read: (last: Row | undefined) => Promise<readonly Row[]>,
): AsyncGenerator<Row> {
  let last: Row | undefined;
  for (;;) {
    const rows = await read(last);
    yield* rows;
    last = rows.at(-1);
    if (last === undefined) return;
  }
}
