const charactersPerBatch = 4_000_000;
const itemsPerBatch = 500;

/** Sends items in their order, some megabytes of JSON at once. */
export async function sendInBatches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  send: (batch: Item[]) => Promise<void>,
): Promise<void> {
  let batch: Item[] = [];
  let characters = 0;
  for await (const item of items) {
    const size = JSON.stringify(item).length;
    if (batch.length > 0 && (characters + size > charactersPerBatch || batch.length >= itemsPerBatch)) {
      await send(batch);
      batch = [];
      characters = 0;
    }
    batch.push(item);
    characters += size;
  }
  if (batch.length > 0) await send(batch);
}
