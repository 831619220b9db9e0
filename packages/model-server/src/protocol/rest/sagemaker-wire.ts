import { readInvocation } from './sagemaker/read-invocation.ts';
import { writeInvocation } from './sagemaker/write-invocation.ts';
import { jsonReply, type Wire } from './wire.ts';

/**
 * What SageMaker asks of a container: `GET /ping` with an empty answer and `POST /invocations`, which mean the only endpoint.
 * The contract knows no keys, so these paths trust the network that they are reached by; every other path asks for a key.
 */
export const sagemakerWire: Wire = {
  name: 'sagemaker',
  routes: [
    {
      kind: 'probe',
      method: 'GET',
      path: '/ping',
      answer: (server) => ({ status: server.ready() ? 200 : 503, type: 'text/plain', body: '' }),
    },
    {
      kind: 'infer',
      method: 'POST',
      path: '/invocations',
      only: true,
      trusted: true,
      read: readInvocation,
      write: writeInvocation,
    },
  ],
  refuse: ({ status, code, message, instance }) => jsonReply({ error: message, code, instance }, status),
};
