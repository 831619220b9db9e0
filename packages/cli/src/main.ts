import './resolve-as-written.ts';
import { takeFromBundle } from '@esteira/model-server/take-from-bundle';

const { NODE_COMPILE_CACHE: made } = process.env;
if (made) takeFromBundle(made, new URL('../../../', import.meta.url));

// Not imported above: what is loaded together is resolved together, before any of it runs.
await import('./run-command.ts');
