import { parentPort } from 'node:worker_threads';
import { buffersOf, readGraph } from './read-graph.ts';

/** A thread that reads one graph. */
export interface ReadQuestion {
  readonly bytes: Uint8Array;
  readonly toCompile: boolean;
}

parentPort?.once('message', ({ bytes, toCompile }: ReadQuestion) => {
  const read = readGraph(bytes, toCompile);
  parentPort?.postMessage(read, buffersOf(read));
});
