/** Which steps need which. */
export interface StepGraph {
  /** Every step after all it needs; steps that do not depend on each other stand as in the file. */
  readonly order: readonly string[];
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Steps that directly need a step. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
}

/** Builds the graph, or names a cycle: each of its steps needs the next, the last the first. */
export function buildStepGraph(
  needs: ReadonlyMap<string, readonly string[]>,
): { readonly graph: StepGraph } | { readonly cycle: readonly string[] } {
  const dependants = new Map<string, string[]>([...needs.keys()].map((step) => [step, []]));
  const open = new Map<string, number>();
  for (const [step, needed] of needs) {
    open.set(step, needed.length);
    for (const other of needed) dependants.get(other)?.push(step);
  }
  const order = [...needs.keys()].filter((step) => open.get(step) === 0);
  for (let index = 0; index < order.length; index++) {
    for (const dependant of dependants.get(order[index] ?? '') ?? []) {
      const left = (open.get(dependant) ?? 0) - 1;
      open.set(dependant, left);
      if (left === 0) order.push(dependant);
    }
  }
  if (order.length < needs.size) return { cycle: findCycle(needs, new Set(order)) };
  return { graph: { order, needs, dependants } };
}

/** All steps that need one of `steps`, directly or not. */
export function downstreamOf(graph: StepGraph, steps: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const pending = [...steps];
  while (pending.length > 0) {
    for (const dependant of graph.dependants.get(pending.pop() ?? '') ?? []) {
      if (found.has(dependant)) continue;
      found.add(dependant);
      pending.push(dependant);
    }
  }
  return [...found];
}

// Every step that is not in the order needs another such step, so following them must come back to one seen before.
function findCycle(
  needs: ReadonlyMap<string, readonly string[]>,
  ordered: ReadonlySet<string>,
): readonly string[] {
  const path: string[] = [];
  let step = [...needs.keys()].find((name) => !ordered.has(name));
  while (step !== undefined && !path.includes(step)) {
    path.push(step);
    step = needs.get(step)?.find((name) => !ordered.has(name));
  }
  return step === undefined ? path : path.slice(path.indexOf(step));
}
