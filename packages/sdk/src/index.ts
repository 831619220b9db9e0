export { ApiError } from './api-error.ts';
export { type ClientOptions, createClient, type EsteiraClient } from './client.ts';
export { createHttpTransport, type Transport } from './transport.ts';
