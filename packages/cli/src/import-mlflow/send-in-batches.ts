// The server reads a batch at a stretch.
const charactersPerBatch = 1_000_000;
const itemsPerBatch = 500;

/** Sends items in their order, about a megabyte of JSON at once. */
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
