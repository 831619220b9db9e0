import type { RequestContext } from '../../../kernel/actor.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { TraceHead, TracesService } from '../../../llm/index.ts';
import type { ExperimentIds } from '../../experiment-ids.ts';
import type { Fields } from '../fields.ts';
import { parseTraceFilters, parseTraceOrders } from './trace-grammar.ts';

export interface TraceWireDeps {
  readonly traces: TracesService;
  readonly experimentIds: ExperimentIds;
  readonly clock: Clock;
  readonly random: RandomSource;
}

const mostFound = 500;
const foundByDefault = 100;

/** A page of a search, with the heads as they are. */
export async function searchPage(
  { traces, experimentIds: experiments }: TraceWireDeps,
  fields: Fields,
  context: RequestContext,
  wireIds: readonly string[],
): Promise<{ readonly traces: readonly TraceHead[]; readonly next_page_token?: string }> {
  const limit = fields.optionalInteger('max_results') ?? foundByDefault;
  if (limit < 1 || limit > mostFound)
    throw fields.refuse('max_results', `Value must be between 1 and ${mostFound}`);
  const conditions = parseTraceFilters(fields.optionalText('filter'));
  const order = parseTraceOrders(fields.texts('order_by'));
  const { items, nextCursor } = await traces.search(context.workspace, {
    experiments: await experiments.idsOf(context, wireIds),
    conditions,
    order,
    limit,
    cursor: fields.optionalText('page_token') || undefined,
  });
  return { traces: items, ...(nextCursor === undefined ? {} : { next_page_token: nextCursor }) };
}
