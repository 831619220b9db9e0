import type { parse } from '@bufbuild/cel';

type Expr = ReturnType<typeof parse>['expr'];

/** Names an expression takes from outside: its identifiers without those its own comprehensions bind. */
export function celVariables(expression: Expr): ReadonlySet<string> {
  const names = new Set<string>();
  collect(expression, new Set(), names);
  return names;
}

function collect(expression: Expr | undefined, bound: ReadonlySet<string>, names: Set<string>): void {
  if (!expression) return;
  const { exprKind: node } = expression;
  switch (node.case) {
    case 'identExpr':
      if (!bound.has(node.value.name)) names.add(node.value.name);
      return;
    case 'selectExpr':
      collect(node.value.operand, bound, names);
      return;
    case 'callExpr':
      collect(node.value.target, bound, names);
      for (const argument of node.value.args) collect(argument, bound, names);
      return;
    case 'listExpr':
      for (const element of node.value.elements) collect(element, bound, names);
      return;
    case 'structExpr':
      for (const entry of node.value.entries) {
        if (entry.keyKind.case === 'mapKey') collect(entry.keyKind.value, bound, names);
        collect(entry.value, bound, names);
      }
      return;
    case 'comprehensionExpr': {
      const { iterRange, accuInit, iterVar, iterVar2, accuVar } = node.value;
      collect(iterRange, bound, names);
      collect(accuInit, bound, names);
      const inside = new Set([...bound, iterVar, iterVar2, accuVar]);
      collect(node.value.loopCondition, inside, names);
      collect(node.value.loopStep, inside, names);
      collect(node.value.result, inside, names);
      return;
    }
  }
}
