export { requireProtectedAddress } from './host-guard.ts';
export { createHttpServer, type HttpServer } from './http-server.ts';
export { createOpenApiDocument } from './openapi.ts';
