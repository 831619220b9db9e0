import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Chapter, names, type Story } from '../story.ts';
import { waitForJob } from '../wait.ts';

type Store = Story['client']['featureStore'];
type Body<Verb extends 'putEntity' | 'putFeatureView' | 'putFeatureService'> = Parameters<
  Store[Verb]
>[0] extends {
  body: infer B;
}
  ? B
  : never;

interface FeatureFile {
  readonly entities: readonly ({ readonly name: string } & Body<'putEntity'>)[];
  readonly featureViews: readonly ({ readonly name: string } & Body<'putFeatureView'>)[];
  readonly featureServices: readonly ({ readonly name: string } & Body<'putFeatureService'>)[];
}

export const defineFeatures: Chapter = {
  title: 'Features',
  async tell(story) {
    const { client, console } = story;
    const { featureStore } = client;
    const file = parse(readFileSync(join(story.folder, 'features.yaml'), 'utf8')) as FeatureFile;
    for (const { name, ...body } of file.entities) await featureStore.putEntity({ params: { name }, body });
    for (const { name, ...body } of file.featureViews)
      await featureStore.putFeatureView({ params: { name }, body });
    for (const { name, ...body } of file.featureServices)
      await featureStore.putFeatureService({ params: { name }, body });
    console.fact(
      `entities ${file.entities.map(({ name }) => name).join(', ')}; views ${file.featureViews.map(({ name }) => name).join(', ')}`,
    );

    const at = Date.parse('2001-03-31T18:00:00Z');
    for (const { name } of file.featureViews) {
      const { jobId } = await featureStore.materialize({ params: { name }, body: { at } });
      const job = await waitForJob(client, jobId, console);
      const { rows } = job.result as { rows: number };
      console.fact(`materialized ${name}: ${rows.toLocaleString('en')} keys as of 31 March, 18:00`);
    }
    const row = { origin: 'ORD', destination: 'LAX', distance: 1745, date: '2001-03-31 18:00:00' };
    const online = await featureStore.readOnline({
      body: { featureService: names.featureService, rows: [row] },
    });
    const value = (name: string): string =>
      String(online.rows[0]?.values[online.names.indexOf(name)]?.toFixed(3) ?? 'missing');
    console.fact(
      `online, ORD-LAX: late departures of the last 3 h ${value('dep_late_3h')}, route's last 14 days ${value('route_late_14d')}`,
    );
    return `${file.featureViews.length} views over trailing windows, ${online.names.length} features, online values there`;
  },
};
