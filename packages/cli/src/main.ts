import './resolve-as-written.ts';

// Not imported above: what is loaded together is resolved together, before any of it runs.
await import('./run-command.ts');
