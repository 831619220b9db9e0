import type { SafeSql } from '../storage/tables/safe-sql.ts';
import { keyNames, type NamedView, type ViewBody } from './trailing-features-sql.ts';
import type { ServiceBody } from './training-set-sql.ts';

/** What is wrong with a view; undefined when nothing is. Expressions are parsed by the table engine itself. */
export async function viewProblem(
  view: ViewBody,
  joinKeys: readonly string[],
  safe: SafeSql,
): Promise<string | undefined> {
  const keys = keyNames(view);
  if (keys.join() !== [...joinKeys].sort().join()) {
    return `its keys are ${keys.join(', ') || 'none'}, those of the entity ${[...joinKeys].sort().join(', ') || 'none'}`;
  }
  const names = new Set<string>();
  for (const feature of view.features) {
    if (names.has(feature.name)) return `the feature ${feature.name} is there twice`;
    names.add(feature.name);
    if (feature.column === undefined && feature.aggregate !== 'count')
      return `the feature ${feature.name} names no column to take the ${feature.aggregate} of`;
  }
  return await expressionProblem(
    {
      ...view.keys,
      ...view.derive,
      knownAt: view.knownAt,
      ...(view.where === undefined ? {} : { where: view.where }),
    },
    safe,
  );
}

/** What is wrong with a service; undefined when nothing is. */
export async function serviceProblem(
  service: ServiceBody,
  views: ReadonlyMap<string, NamedView>,
  safe: SafeSql,
): Promise<string | undefined> {
  const names = new Set<string>();
  const claim = (name: string): string | undefined => {
    if (names.has(name)) return `two features are called ${name}`;
    names.add(name);
    return undefined;
  };
  for (const use of service.features) {
    const view = views.get(use.view);
    if (!view) return `there is no feature view ${use.view}`;
    if (Object.keys(use.keys).sort().join() !== keyNames(view.body).join())
      return `the use ${use.prefix} of ${use.view} gives other keys than ${keyNames(view.body).join(', ') || 'none'}`;
    const known = view.body.features.map((feature) => feature.name);
    const unknown = use.only?.find((name) => !known.includes(name));
    if (unknown !== undefined) return `${use.view} has no feature ${unknown}; it has ${known.join(', ')}`;
    for (const name of use.only ?? known) {
      const problem = claim(`${use.prefix}_${name}`) ?? (await expressionProblem(use.keys, safe));
      if (problem !== undefined) return problem;
    }
  }
  for (const { name } of service.onDemand) {
    const problem = claim(name);
    if (problem !== undefined) return problem;
  }
  return await expressionProblem(
    Object.fromEntries(service.onDemand.map(({ name, expression }) => [name, expression])),
    safe,
  );
}

/** What is wrong with the first expression that may not run, with its name. */
export async function expressionProblem(
  expressions: Readonly<Record<string, string>>,
  safe: SafeSql,
): Promise<string | undefined> {
  for (const [name, expression] of Object.entries(expressions)) {
    const problem = await safe.expressionProblem(expression);
    if (problem !== undefined) return `${name}: ${problem}`;
  }
  return undefined;
}
