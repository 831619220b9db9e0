import type { GraphEdge } from '../../components/layered-layout.ts';

/** The edges of a pipeline: from every step to those that need it. */
export function stepEdges(
  steps: readonly { readonly name: string; readonly needs: readonly string[] }[],
): readonly GraphEdge[] {
  return steps.flatMap((step) => step.needs.map((need) => ({ from: need, to: step.name })));
}
