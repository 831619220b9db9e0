import type { ModelSignature, RemoteModel } from '@esteira/contracts';
import type { FeatureBatch } from '../engine/feature-batch.ts';
import { parseTensors } from '../protocol/rest/parse-infer-request.ts';
import { tensorToJson } from '../protocol/rest/tensor-json.ts';
import { emptyTensor, setElement, type Tensor } from '../protocol/tensor.ts';

/** One way of asking a server elsewhere. */
export interface RemoteProtocol {
  /** Below the base of the remote server. */
  readonly path: string;
  /** The bodies that ask about a batch: one, or one for each row. */
  write(batch: FeatureBatch): readonly string[];
  /** The outputs in the answers to those bodies. Throws an Error that says what is wrong with them. */
  read(answers: readonly Buffer[]): readonly Tensor[];
}

export function remoteProtocol(remote: RemoteModel, signature: ModelSignature): RemoteProtocol {
  return remote.protocol === 'openai' ? chatCompletions(remote, signature) : openInference(remote, signature);
}

/** Open Inference Protocol v2, inference over REST. */
function openInference({ model, version }: RemoteModel, { outputs }: ModelSignature): RemoteProtocol {
  const ofVersion = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
  return {
    path: `/v2/models/${encodeURIComponent(model)}${ofVersion}/infer`,
    write({ feeds }) {
      const tensors = [...feeds.values()].map((tensor) => {
        const { name, datatype, shape } = tensor;
        const data = tensorToJson({ ...tensor, shape: [tensor.data.length] });
        return `${JSON.stringify({ name, datatype, shape }).slice(0, -1)},"data":${data}}`;
      });
      const wanted = outputs.map(({ name }) => ({ name }));
      return [`{"inputs":[${tensors.join(',')}],"outputs":${JSON.stringify(wanted)}}`];
    },
    read: ([answer]) => parseTensors(documentOf(answer).outputs),
  };
}

/** Chat completions as OpenAI has them: a prompt, an answer, and what it cost in tokens. */
function chatCompletions({ model }: RemoteModel, { inputs, outputs }: ModelSignature): RemoteProtocol {
  const [prompt] = inputs;
  const [text, tokens] = outputs;
  if (prompt === undefined || text === undefined || tokens === undefined)
    throw new Error('A model of chat completions has one input and two outputs.');
  return {
    path: '/chat/completions',
    write({ feeds }) {
      const tensor = feeds.get(prompt.name);
      if (tensor?.datatype !== 'BYTES') return [];
      return tensor.data.map((content) => JSON.stringify({ model, messages: [{ role: 'user', content }] }));
    },
    read(answers) {
      const texts = emptyTensor(text, answers.length);
      const counts = emptyTensor(tokens, answers.length);
      for (const [row, answer] of answers.entries()) {
        const { choices, usage } = documentOf(answer) as unknown as Completion;
        const content = choices?.[0]?.message?.content;
        if (typeof content !== 'string') throw new Error('The remote model gave no text.');
        setElement(texts, row, content);
        setElement(counts, row, Number(usage?.completion_tokens ?? 0));
      }
      return [texts, counts];
    },
  };
}

interface Completion {
  readonly choices?: readonly { readonly message?: { readonly content?: unknown } }[];
  readonly usage?: { readonly completion_tokens?: unknown };
}

function documentOf(answer: Buffer | undefined): Readonly<Record<string, unknown>> {
  const document: unknown = JSON.parse(answer?.toString('utf8') ?? 'null');
  if (typeof document !== 'object' || document === null)
    throw new Error('The remote model answered no object.');
  return document as Readonly<Record<string, unknown>>;
}
