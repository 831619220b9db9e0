import type { ServableVersion } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { exampleRow } from '../../registry/index.ts';
import { compareAnswer } from '../trials/compare-answer.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** What a live endpoint answered to the stored examples, asked over HTTP. */
export interface LiveProof {
  readonly asked: number;
  readonly failed: number;
  /** Answers by version; `rule` for a rule, `none` where nothing answered. */
  readonly byVersion: Readonly<Record<string, number>>;
  /** Answers of the version that are not those stored with it; policies of requests may change what is asked, then none is. */
  readonly wrong: number;
  readonly p95Ms: number | null;
}

const questions = 60;

/** Asks one after the other. An endpoint that has nothing to answer with gives proof too: of nobody answering. */
export async function proveAnswers(
  deps: RolloutDeps,
  context: RequestContext,
  endpoint: string,
  version: ServableVersion,
): Promise<LiveProof> {
  const examples = await deps.registry.examples(version);
  const { policies } = (await deps.endpoints.require(context.workspace, endpoint)).desired;
  const asStored = Object.keys(policies ?? {}).length === 0;
  const client = await deps.dataPlane.probe(context.workspace, endpoint, version);
  const byVersion: Record<string, number> = {};
  const times: number[] = [];
  let failed = 0;
  let wrong = 0;
  try {
    for (let asked = 0; asked < questions; asked++) {
      const example = asked % examples.rows.length;
      const answer = await client.ask(exampleRow(examples, example));
      times.push(answer.ms);
      if (answer.status !== 200 || answer.fallback) failed += 1;
      const expected = examples.expected[example];
      const own = answer.version === String(version.version) && !answer.fallback;
      if (own && asStored && expected !== undefined && compareAnswer(answer, expected, version) !== undefined)
        wrong += 1;
      const by = answer.status === 200 ? (answer.version ?? 'rule') : 'none';
      byVersion[by] = (byVersion[by] ?? 0) + 1;
    }
  } finally {
    client.close();
  }
  times.sort((a, b) => a - b);
  return {
    asked: questions,
    failed,
    byVersion,
    wrong,
    p95Ms: times[Math.ceil(0.95 * times.length) - 1] ?? null,
  };
}
