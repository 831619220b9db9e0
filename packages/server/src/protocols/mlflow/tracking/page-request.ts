import { EsteiraError } from '../../../kernel/errors.ts';
import type { Page } from '../../../kernel/paging.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';

const mostResults = 50_000;
const defaultResults = 1_000;

/** How much of a search is asked for, and behind what. Throws INVALID_PARAMETER_VALUE. */
export function readPageRequest(fields: Fields): { readonly limit: number; readonly cursor?: string } {
  const limit = fields.optionalInteger('max_results') ?? defaultResults;
  if (limit < 1) {
    throw invalidParameter(
      `Invalid value ${limit} for parameter 'max_results' supplied. It must be a positive integer`,
    );
  }
  if (limit > mostResults) {
    throw invalidParameter(
      `Invalid value ${limit} for parameter 'max_results' supplied. It must be at most ${mostResults}`,
    );
  }
  const cursor = fields.optionalText('page_token');
  return { limit, ...(cursor === undefined || cursor === '' ? {} : { cursor }) };
}

/** Tells of a token that is none of this search as MLflow does. */
export async function pageOf<R>(read: Promise<R>): Promise<R> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof EsteiraError && error.code === 'INVALID_REQUEST')
      throw invalidParameter('Invalid page token: it does not come from this search.');
    throw error;
  }
}

/** A page as the JSON of a search's response, which has no list when nothing was found. */
export function pageJson<Item>(list: string, page: Page<Item>, itemJson: (item: Item) => string): string {
  const { items, nextCursor } = page;
  const parts = [
    ...(items.length === 0 ? [] : [`"${list}":[${items.map(itemJson).join(',')}]`]),
    ...(nextCursor === undefined ? [] : [`"next_page_token":${JSON.stringify(nextCursor)}`]),
  ];
  return `{${parts.join(',')}}`;
}
