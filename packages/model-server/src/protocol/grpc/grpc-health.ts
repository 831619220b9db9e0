import { prefixBytes } from './grpc-frames.ts';
import { GrpcError, grpcStatus } from './grpc-status.ts';
import { readProto } from './proto-reader.ts';
import { createProtoWriter } from './proto-writer.ts';

const services: ReadonlySet<string> = new Set([
  '',
  'inference.GRPCInferenceService',
  'grpc.health.v1.Health',
]);
const [serving, notServing, serviceUnknown] = [1, 2, 3];

/** `grpc.health.v1.Health/Check`: of the server as a whole, whatever service is named. Throws GrpcError NOT_FOUND. */
export function checkHealth(message: Buffer, ready: boolean): Buffer {
  if (!services.has(readService(message)))
    throw new GrpcError(grpcStatus.notFound, 'there is no such service');
  return writeHealth(ready ? serving : notServing);
}

/** What `Watch` tells of a service. */
export function watchedHealth(message: Buffer, ready: boolean): Buffer {
  if (!services.has(readService(message))) return writeHealth(serviceUnknown);
  return writeHealth(ready ? serving : notServing);
}

function readService(message: Buffer): string {
  const reader = readProto(message);
  let service = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) service = reader.text();
    else reader.skip();
  }
  return service;
}

function writeHealth(status: number): Buffer {
  const writer = createProtoWriter(prefixBytes);
  writer.integer(1, status);
  return writer.finish();
}
