import { type Agent, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What is sent to a remote model, and how much of its answer is read. */
export interface RemotePost {
  readonly url: URL;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Posts JSON and reads the whole answer. Redirects are not followed, and no proxy is used. Rejects when the connection fails,
 * the status is not 200 or the answer is too large; what the remote server said of it is for the log alone. A connection that
 * was kept and that the server had given up meanwhile is no failure: the question is asked again.
 */
export function postRemote(post: RemotePost): Promise<Buffer> {
  const { url, agent, headers, body, mostBytes, signal } = post;
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    let answered = false;
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        signal,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Esteira-Model-Server/1',
          ...headers,
        },
      },
      (response) => {
        answered = true;
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > mostBytes)
            sent.destroy(new Error(`The remote model answered more than ${mostBytes} bytes.`));
        });
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks);
          if (response.statusCode === 200) resolve(answer);
          else
            reject(
              new Error(
                `The remote model answered ${response.statusCode}: ${answer.toString('utf8', 0, 500)}`,
              ),
            );
        });
      },
    );
    sent.on('error', (error: Error & { code?: string }) => {
      if (sent.reusedSocket && error.code === 'ECONNRESET' && !answered) resolve(postRemote(post));
      else reject(error);
    });
    sent.end(body);
  });
}
