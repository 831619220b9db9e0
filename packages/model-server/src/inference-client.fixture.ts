import { fileURLToPath } from 'node:url';
import {
  credentials,
  Metadata,
  makeClientConstructor,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const definition = loadSync(fileURLToPath(new URL('./protocol/grpc/inference.proto', import.meta.url)), {
  keepCase: true,
  longs: String,
});
const service = definition['inference.GRPCInferenceService'] as ServiceDefinition;

/**
 * A gRPC client of a data plane, with TLS when it is given the certificate of `localhost` to trust, and with a certificate of
 * its own to show when it has one. For tests.
 */
export function createInferenceClient(
  address: string,
  certificate?: string,
  own?: { readonly certificate: string; readonly key: string },
  /** `apart`: on a connection that no other client of the address uses. */
  { apart = false }: { readonly apart?: boolean } = {},
) {
  const client = new (makeClientConstructor(service, 'inference'))(
    address,
    certificate === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(
          Buffer.from(certificate),
          own === undefined ? null : Buffer.from(own.key),
          own === undefined ? null : Buffer.from(own.certificate),
        ),
    { 'grpc.ssl_target_name_override': 'localhost', 'grpc.use_local_subchannel_pool': apart ? 1 : 0 },
  );
  return {
    /** Rejects with the status of the call. */
    call<T>(name: string, request: object, key?: string): Promise<T> {
      const method = service[name];
      if (method === undefined) throw new Error(`No method ${name}.`);
      const metadata = new Metadata();
      if (key !== undefined) metadata.set('authorization', `Bearer ${key}`);
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          metadata,
          { deadline: Date.now() + 10_000 },
          (error: ServiceError | null, reply?: object) =>
            error === null ? resolve(reply as T) : reject(error),
        );
      });
    },
    close: () => client.close(),
  };
}
