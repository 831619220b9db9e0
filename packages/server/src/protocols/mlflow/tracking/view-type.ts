import type { Lifecycle } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';

const views: readonly (readonly [name: string, number: number, lifecycle: Lifecycle])[] = [
  ['ACTIVE_ONLY', 1, 'active'],
  ['DELETED_ONLY', 2, 'deleted'],
  ['ALL', 3, 'all'],
];

/** A `ViewType` by name or number; the active ones when absent. Throws INVALID_PARAMETER_VALUE. */
export function readViewType(fields: Fields, name: string): Lifecycle {
  const raw = fields.raw(name);
  if (raw === undefined) return 'active';
  const view = views.find(([word, number]) => raw === word || raw === number || raw === String(number));
  if (view === undefined)
    throw fields.refuse(name, `Value must be one of ${views.map(([word]) => word).join(', ')}`);
  return view[2];
}
