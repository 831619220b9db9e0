const leastBytes = 2 * 2 ** 30;
/** The runtime keeps its own copy of the weights beside the file, and optimises both. */
const timesTheGraph = 6;

/** What the process of one model may hold, in bytes: 2 GiB, or six times the size of its graph where that is more. */
export function modelMemoryBytes(graphBytes: number): number {
  return Math.max(leastBytes, timesTheGraph * graphBytes);
}

/** What a model holds in the process that answers with it: its graph, and the copies that evaluators keep of its weights. */
export function heldBytes(graphBytes: number): number {
  return 3 * graphBytes;
}
