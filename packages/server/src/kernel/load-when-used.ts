import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/**
 * A package that is loaded by its first use and not with the server: what most starts never need costs them neither time nor
 * memory. For packages that work at once; others are loaded by `import()`.
 */
export function loadWhenUsed<T>(name: string): () => T {
  let loaded: T | undefined;
  return () => {
    loaded ??= load(name) as T;
    return loaded;
  };
}
