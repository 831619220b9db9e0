export { requireProtectedAddress } from './host-guard.ts';
export { createHttpServer } from './http-server.ts';
export type { EngineCheck } from './readiness.ts';
