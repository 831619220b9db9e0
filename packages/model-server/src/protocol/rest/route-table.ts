import type { Wire, WireRoute } from './wire.ts';

/** Finds the route of a request. */
export interface RouteTable {
  /** Undefined where no wire has the path by this method. */
  find(method: string, path: string): FoundRoute | undefined;
  /** The methods that the path has on some wire. */
  methodsOf(path: string): readonly string[];
  /** The wire whose errors suit the path: the one that has most of it. */
  wireOf(path: string): Wire;
}

export interface FoundRoute {
  readonly wire: Wire;
  readonly route: WireRoute;
  readonly params: Readonly<Record<string, string>>;
}

interface CompiledRoute {
  readonly wire: Wire;
  readonly route: WireRoute;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

// Clients ask the same few paths all day; whoever asks others makes it be forgotten, and gains nothing.
const remembered = 2_000;

/** The first wire is that of paths which belong to none. */
export function createRouteTable(wires: readonly [Wire, ...Wire[]]): RouteTable {
  const routes = wires.flatMap((wire) => wire.routes.map((route) => compile(wire, route)));
  const wireOfHead = new Map<string, Wire>();
  for (const { wire, route } of routes) {
    if (!wireOfHead.has(headOf(route.path))) wireOfHead.set(headOf(route.path), wire);
  }
  const known = { GET: new Map<string, FoundRoute>(), POST: new Map<string, FoundRoute>() };

  return {
    find(method, path) {
      if (method !== 'GET' && method !== 'POST') return undefined;
      const before = known[method].get(path);
      if (before !== undefined) return before;
      const found = match(routes, method, path);
      if (found === undefined) return undefined;
      if (known[method].size >= remembered) known[method].clear();
      known[method].set(path, found);
      return found;
    },
    methodsOf(path) {
      const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route.method);
      return [...new Set(methods)];
    },
    wireOf(path) {
      const near = match(routes, 'GET', path) ?? match(routes, 'POST', path);
      return near?.wire ?? wireOfHead.get(headOf(path)) ?? wires[0];
    },
  };
}

function match(
  routes: readonly CompiledRoute[],
  method: 'GET' | 'POST',
  path: string,
): FoundRoute | undefined {
  for (const { wire, route, pattern, names } of routes) {
    if (route.method !== method) continue;
    const found = pattern.exec(path);
    if (found === null) continue;
    const params: Record<string, string> = {};
    for (const [position, name] of names.entries()) params[name] = decode(found[position + 1] ?? '');
    return { wire, route, params };
  }
  return undefined;
}

function compile(wire: Wire, route: WireRoute): CompiledRoute {
  const names: string[] = [];
  const source = route.path
    .split(/(\{[a-z]+\})/)
    .map((part) => {
      const name = /^\{([a-z]+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      names.push(name);
      return '([^/:]+)';
    })
    .join('');
  return { wire, route, pattern: new RegExp(`^${source}/?$`), names };
}

function headOf(path: string): string {
  return path.split('/', 2)[1] ?? '';
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
