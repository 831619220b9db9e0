import { S3Client } from '@aws-sdk/client-s3';
import type { Logger } from '../../../kernel/logger.ts';
import { noteRequest } from './s3-errors.ts';
import type { S3Settings } from './s3-settings.ts';

/**
 * A client that gives up on a silent connection after a minute and tries again what failed for a moment (5xx, SlowDown,
 * timeouts, lost connections) with growing, jittered pauses; requests whose body is a stream are tried again by the caller.
 * Checksums are those that this store sends and checks itself: SHA-256.
 */
export function createS3Client(settings: S3Settings, logger: Logger): S3Client {
  const connections = { keepAlive: true, maxSockets: 256 };
  const { credentials } = settings;
  const client = new S3Client({
    region: settings.region,
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint, forcePathStyle: true }),
    // What has expired is asked for again by the next request.
    ...(credentials === undefined
      ? {}
      : { credentials: async () => ({ ...credentials, expiration: new Date() }) }),
    // The library tells of every request, with what was sent; only what it warns of is of interest, and every failure is
    // told to the caller anyway.
    logger: {
      trace() {},
      debug() {},
      info() {},
      warn: (text: unknown) => logger.debug({ text: String(text) }, 'the library of S3 warns'),
      error: (text: unknown) => logger.debug({ text: String(text) }, 'the library of S3 warns'),
    },
    retryMode: 'standard',
    maxAttempts: 5,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 5000,
      socketTimeout: 60_000,
      httpAgent: connections,
      httpsAgent: connections,
    },
  });
  client.middlewareStack.add(
    (next, context) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        noteRequest(error, context.commandName);
        throw error;
      }
    },
    { step: 'initialize', name: 'noteRequest' },
  );
  return client;
}
