export { requireProtectedAddress } from './host-guard.ts';
export { createHttpServer } from './http-server.ts';
