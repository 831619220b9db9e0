import { join } from 'node:path';
import { takeFromBundle } from './bundle/take-from-bundle.ts';

const { NODE_COMPILE_CACHE: made } = process.env;
if (made) takeFromBundle(join(made, 'model-server'), new URL('../../../', import.meta.url));

// Not imported above: what is loaded together is resolved together, before any of it runs.
await import('./run-model-server.ts');
