import type { ModelSignature } from '@esteira/contracts';
import { exampleRequest } from './warm-up.ts';

/** How an endpoint is called, to be copied: curl, Python, JavaScript. */
export function describeCalls(called: {
  readonly url: string;
  readonly endpoint: string;
  /** Undefined: the reader has one. */
  readonly key: string | undefined;
  readonly signature: ModelSignature;
}): string {
  const url = `${called.url}/v2/models/${encodeURIComponent(called.endpoint)}/infer`;
  const body = JSON.stringify(exampleRequest(called.signature, 0));
  const key = called.key ?? '<key>';
  return [
    `curl -s ${url} -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${body}'`,
    [
      'import requests',
      `answer = requests.post("${url}", headers={"authorization": "Bearer ${key}"}, json=${body})`,
      'print(answer.json()["outputs"])',
    ].join('\n'),
    [
      `const answer = await fetch('${url}', {`,
      `  method: 'POST', headers: { authorization: 'Bearer ${key}', 'content-type': 'application/json' },`,
      `  body: JSON.stringify(${body}),`,
      '});',
      'console.log((await answer.json()).outputs);',
    ].join('\n'),
  ]
    .map((text, index) => `${['curl', 'Python', 'JavaScript'][index]}\n${text.replace(/^/gm, '  ')}`)
    .join('\n\n');
}
