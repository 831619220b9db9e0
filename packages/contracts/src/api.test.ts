import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { api } from './api.ts';
import { permissions } from './permissions.ts';
import type { RouteDefinition } from './route.ts';

const placed = Object.entries(api).flatMap(([room, routes]) =>
  Object.entries(routes as Record<string, RouteDefinition>).map(([verb, route]) => ({
    place: `${room}.${verb}`,
    route,
  })),
);

test('the id of a route is its place in the api, so every id is unique', () => {
  for (const { place, route } of placed) assert.equal(route.id, place);
  assert.equal(new Set(placed.map(({ route }) => route.id)).size, placed.length);
});

test('no two routes answer the same method and path, whatever the parameters are called', () => {
  const addresses = placed.map(({ route }) => `${route.method} ${route.path.replace(/:\w+/g, ':')}`);
  assert.deepEqual([...new Set(addresses)], addresses);
});

test('every path begins with the version of the api and has no empty or upper-case part', () => {
  for (const { place, route } of placed) {
    assert.match(route.path, /^\/api\/v1(\/(:[a-z][A-Za-z]*|[a-z][a-z-]*(\.json)?))+$/, place);
  }
});

test('every parameter of a path has a schema, and every schema a parameter', () => {
  for (const { place, route } of placed) {
    const named = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    assert.deepEqual(Object.keys(route.params?.shape ?? {}).sort(), named.sort(), place);
  }
});

test('every route names who may call it; open to nobody in particular is the sign-in alone', () => {
  const known: readonly string[] = [...permissions, 'self', 'open'];
  for (const { place, route } of placed) assert.ok(known.includes(route.access), `${place}: ${route.access}`);
  assert.deepEqual(
    placed.filter(({ route }) => route.access === 'open').map(({ place }) => place),
    ['governance.signIn'],
  );
});

test('every permission opens some route, apart from those asked inside one', () => {
  const used = new Set<string>(placed.map(({ route }) => route.access));
  const askedInside = ['tokens:manage', 'training:run', 'evaluation:run'];
  assert.deepEqual(
    permissions.filter((permission) => !used.has(permission) && !askedInside.includes(permission)),
    [],
  );
});

test('reading needs no body, and only what reads is a GET', () => {
  for (const { place, route } of placed) {
    if (route.method !== 'GET') continue;
    assert.equal(route.body, undefined, place);
    assert.doesNotMatch(route.access, /:(write|run|manage|approve|apply|request)$/, place);
  }
});

test('every summary is a sentence', () => {
  for (const { place, route } of placed) assert.match(route.summary, /^[A-Z].+\.$/s, place);
});

test('every list is bounded: paged, limited, or the few things of one owner', () => {
  const bounded = new Set(['limit', 'cursor']);
  const few = [
    'governance.waivers',
    'installation.backups',
    'installation.replicas',
    'projects.projectHistory',
    'pipelines.stepKinds',
    'registry.labelGuards',
    'serving.keys',
    'serving.traffic',
    'monitoring.monitors',
    'monitoring.silences',
    'monitoring.alertRoutes',
    'monitoring.retrainingPolicies',
  ];
  for (const { place, route } of placed) {
    if (
      route.method !== 'GET' ||
      !(route.response instanceof z.ZodObject) ||
      !('items' in route.response.shape)
    )
      continue;
    const limited = Object.keys(route.query?.shape ?? {}).some((name) => bounded.has(name));
    assert.ok(limited || few.includes(place), place);
  }
});

test('every schema can be told to others as JSON schema', () => {
  for (const { place, route } of placed) {
    for (const schema of [route.params, route.query, route.body, route.response]) {
      if (schema === undefined || schema === 'stream') continue;
      assert.doesNotThrow(() => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), place);
    }
  }
});
