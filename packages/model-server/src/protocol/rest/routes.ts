import { wires } from './wires.ts';

/**
 * Every REST route that needs an inference key, on every wire; `{model}` and `{version}` stand for names. What is not here
 * and not a probe does not exist, and is refused alike.
 */
export const inferenceRoutes: readonly { readonly method: 'GET' | 'POST'; readonly path: string }[] = wires
  .flatMap((wire) => wire.routes)
  .filter((route) => route.kind !== 'probe')
  .map(({ method, path }) => ({ method, path }));
