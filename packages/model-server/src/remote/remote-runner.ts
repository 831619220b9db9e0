import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ModelSignature, RemoteModel } from '@esteira/contracts';
import { createCircuitBreaker } from '../engine/circuit-breaker.ts';
import type { FeatureBatch } from '../engine/feature-batch.ts';
import { fitOutputs } from '../engine/fit-outputs.ts';
import type { ModelRunner } from '../engine/model-runner.ts';
import { inferenceError } from '../inference-error.ts';
import { judgedLookup } from '../outbound/judged-lookup.ts';
import { type ReceiverRules, readReceiver } from '../outbound/receiver.ts';
import type { Tensor } from '../protocol/tensor.ts';
import { postRemote } from './post-remote.ts';
import { remoteProtocol } from './remote-protocols.ts';

export interface RemoteDeps {
  readonly rules: ReceiverRules;
  /** A secret by its name, for the server that it was given for; undefined where there is none. */
  readonly secret: (name: string, origin: string) => string | undefined;
}

const mostAtOnce = 64;
const mostBytes = 64 * 1024 * 1024;
const retryAfterSeconds = 1;

/**
 * A model that a server elsewhere answers for, under the same limits as one of this server: deadline, circuit breaker, a bound
 * on what is asked at once. Nothing is asked at loading, so that an outage elsewhere keeps no endpoint from being switched.
 * Throws an Error for a URL that may not be called.
 */
export function createRemoteRunner(
  remote: RemoteModel,
  signature: ModelSignature,
  deps: RemoteDeps,
): ModelRunner {
  const receiver = readReceiver(remote.url, deps.rules);
  if ('problem' in receiver) throw new Error(`The remote model cannot be asked${receiver.problem}`);
  const { origin } = receiver.url;
  const protocol = remoteProtocol(remote, signature);
  const url = new URL(receiver.url.href.replace(/\/+$/, '') + protocol.path);
  const kept = { keepAlive: true, maxSockets: mostAtOnce, lookup: judgedLookup(receiver, deps.rules) };
  const agent = url.protocol === 'https:' ? new HttpsAgent(kept) : new HttpAgent(kept);
  const breaker = createCircuitBreaker({ monotonic: () => performance.now() });
  let running = 0;

  function headers(): Record<string, string> {
    if (remote.secret === undefined) return {};
    const secret = deps.secret(remote.secret, origin);
    if (secret === undefined) throw new Error(`There is no secret ${remote.secret} for ${origin}.`);
    return { authorization: `Bearer ${secret}` };
  }

  /** What is wrong with an answer is no fault of whoever asked. */
  function readAnswers(answers: readonly Buffer[]): readonly Tensor[] {
    try {
      return protocol.read(answers);
    } catch (error) {
      throw new Error('The answer of the remote model cannot be read.', { cause: error });
    }
  }

  async function ask(batch: FeatureBatch, signal: AbortSignal): Promise<ReadonlyMap<string, Tensor>> {
    const answers = await Promise.all(
      protocol
        .write(batch)
        .map((body) => postRemote({ url, agent, headers: headers(), body, mostBytes, signal })),
    );
    const outputs = fitOutputs(readAnswers(answers), signature.outputs);
    for (const { name, shape } of outputs) {
      if (shape[0] !== batch.rows)
        throw new Error(`The remote model gave ${shape[0]} rows of ${name} for ${batch.rows}.`);
    }
    return new Map(outputs.map((tensor) => [tensor.name, tensor]));
  }

  return {
    coldMs: 0,
    engine: 'process',
    async run(batch, model, timeoutMs) {
      const pauseMs = breaker.closedFor();
      if (pauseMs > 0) {
        const after = Math.max(1, Math.ceil(pauseMs / 1_000));
        throw inferenceError('MODEL_PAUSED', { model, retryAfterSeconds: after });
      }
      if (running >= mostAtOnce) throw inferenceError('SERVER_OVERLOADED', { model, retryAfterSeconds });
      const timeout = Math.min(timeoutMs, remote.timeoutMs);
      const signal = AbortSignal.timeout(timeout);
      running += 1;
      try {
        const outputs = await ask(batch, signal);
        breaker.succeeded();
        return outputs;
      } catch (error) {
        breaker.failed();
        if (signal.aborted)
          throw inferenceError('MODEL_TIMED_OUT', { model, timeoutMs: timeout, retryAfterSeconds }, error);
        throw error;
      } finally {
        running -= 1;
      }
    },
    async runAndKill(batch) {
      await ask(batch, AbortSignal.abort());
      throw new Error('The remote model answered although nobody waited.');
    },
    waiting: () => running,
    memoryBytes: () => 0,
    async close() {
      agent.destroy();
    },
  };
}
