import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import { untilEventsSettled } from '../../../storage/sql/open-test-database.ts';
import { base, type Message, openRegistryWire } from './registry-wire.fixture.ts';

describe('the registry over the wire', () => {
  let house: Awaited<ReturnType<typeof openRegistryWire>>;
  before(async () => {
    house = await openRegistryWire();
  });
  after(() => house.close());

  it('makes, describes, tags and reads models and versions', async () => {
    const { call, refused, createModel, createVersion } = house;
    await createModel('credit risk', { tags: [{ key: 'team', value: 'a' }] });
    const get = `${base}/registered-models/get?name=credit%20risk`;
    assert.equal(
      await refused('POST', `${base}/registered-models/create`, { body: { name: 'credit risk' } }),
      '400 RESOURCE_ALREADY_EXISTS',
    );
    await call('PATCH', `${base}/registered-models/update`, {
      body: { name: 'credit risk', description: 'who pays' },
    });
    const run = await house.startRun();
    const made = await createVersion('credit risk', run, {
      tags: [{ key: 'k', value: 'v' }],
      description: 'first',
    });
    assert.deepEqual(
      [made.version, made.status, made.current_stage, made.run_id],
      ['1', 'READY', 'None', run],
    );
    const version = { name: 'credit risk', version: '1' };
    await call('POST', `${base}/model-versions/set-tag`, { body: { ...version, key: 'k', value: 'w' } });
    await call('POST', `${base}/registered-models/alias`, { body: { ...version, alias: 'champion' } });
    const { registered_model: model } = await call<{ registered_model: Message }>('GET', get);
    assert.deepEqual(
      [model.description, model.tags, model.aliases],
      ['who pays', [{ key: 'team', value: 'a' }], [{ alias: 'champion', version: '1' }]],
    );
    const [latest] = model.latest_versions as Message[];
    assert.deepEqual(
      [latest?.version, latest?.tags, latest?.aliases],
      ['1', [{ key: 'k', value: 'w' }], ['champion']],
    );
    for (const call of ['POST', 'GET'] as const) {
      const path = `${base}/registered-models/get-latest-versions`;
      const answer =
        call === 'POST'
          ? await house.call<{ model_versions: Message[] }>(call, path, { body: { name: 'credit risk' } })
          : await house.call<{ model_versions: Message[] }>(call, `${path}?name=credit%20risk&stages=None`);
      assert.deepEqual(
        answer.model_versions.map((found) => found.version),
        ['1'],
      );
    }
  });

  it('shows versions that were checked here, and a wire version to the native lists', async () => {
    const { registry, engineer, createModel, createVersion } = house;
    await createModel('both');
    await createVersion('both', await house.startRun());
    const [shown] = await registry.allVersions(engineer.workspace, { model: 'both', limit: 10 });
    assert.equal(shown?.checked, undefined);
    const models = await registry.listModels(engineer.workspace, { limit: 100 });
    assert.ok(models.some(({ name }) => name === 'both'));
  });

  it('refuses sources that are not kept here', async () => {
    const { createModel, refused, startRun, tracking, loggedModels, engineer } = house;
    await createModel('sources');
    const run = await startRun();
    const other = await startRun();
    const { artifactLocation } = (await tracking.reader.find(engineer.workspace, run)) ?? {
      artifactLocation: '',
    };
    const { id: logged } = await loggedModels.create(engineer, {
      experimentNumber: 1,
      type: '',
      sourceRunId: null,
      params: {},
      tags: {},
    });
    const create = (source: unknown, more: Message = {}) =>
      refused('POST', `${base}/model-versions/create`, { body: { name: 'sources', source, ...more } });
    const bad: [unknown, Message?][] = [
      ['/etc'],
      ['file:///etc'],
      ['file:///etc/../etc/passwd'],
      ['C:\\models'],
      ['model'],
      ['s3://bucket/../model'],
      ['ftp://host/model'],
      ['s3://bucket/model', { model_id: 'm-none' }],
      ['http://169.254.169.254/latest'],
      ['https://host/api/2.0/mlflow-artifacts/artifacts/0/x', { run_id: run }],
      ['mlflow-artifacts:/../../etc'],
      ['mlflow-artifacts:/a#/../../etc'],
      ['mlflow-artifacts://host/0/x', { run_id: run }],
      [`${artifactLocation}/model`],
      [`${artifactLocation}/model`, { run_id: other }],
      [`${artifactLocation}/%252e%252e/x`, { run_id: run }],
      [`${artifactLocation}/model?a=b`, { run_id: run }],
      [`runs:/${run}/model`],
      [`runs:/${run}/model`, { run_id: other }],
      [`runs:/${run}/../x`, { run_id: run }],
      [`runs://${run}/model`, { run_id: run }],
      [`models:/${logged}`],
      [`models:/${logged}`, { model_id: 'm-other' }],
      ['models:/m-none', { model_id: 'm-none' }],
      [`runs:/${run}/model`, { run_id: run, model_id: logged }],
      ['models:/'],
      ['models:/a/b/c'],
      [17],
      [''],
    ];
    for (const [source, more] of bad)
      assert.equal(await create(source, more), '400 INVALID_PARAMETER_VALUE', JSON.stringify([source, more]));
    assert.equal(await create('models:/sources/9'), '404 RESOURCE_DOES_NOT_EXIST');
    assert.equal(await create('models:/nobody/1'), '404 RESOURCE_DOES_NOT_EXIST');
  });

  it('keeps of a place in an object store the name alone', async () => {
    const { call, createModel } = house;
    await createModel('elsewhere');
    const { model_version: version } = await call<{
      model_version: { source: string; status: string; run_id?: string };
    }>('POST', `${base}/model-versions/create`, {
      body: { name: 'elsewhere', source: 's3://bucket/path/to/model', run_id: 'r1' },
    });
    assert.deepEqual(
      [version.source, version.status, version.run_id],
      ['s3://bucket/path/to/model', 'READY', 'r1'],
    );
    const { artifact_uri: place } = await call<{ artifact_uri: string }>(
      'GET',
      `${base}/model-versions/get-download-uri?name=elsewhere&version=1`,
    );
    assert.equal(place, 's3://bucket/path/to/model');
  });

  it('takes files of runs, logged models and versions, and gives them out as they were frozen', async () => {
    const { call, createModel, createVersion, loggedModels, engineer, artifacts, startRun, putFile } = house;
    const { workspace } = engineer;
    await createModel('files');
    const run = await startRun();
    await putFile(run, 'model/data/w.bin', 'abc');
    const uriOf = async (version: number) =>
      (
        await call<{ artifact_uri: string }>(
          'GET',
          `${base}/model-versions/get-download-uri?name=files&version=${version}`,
        )
      ).artifact_uri;
    await createVersion('files', run);
    assert.equal(await uriOf(1), `runs:/${run}/model`);

    const model = await loggedModels.create(engineer, {
      experimentNumber: 1,
      name: 'net',
      type: '',
      sourceRunId: run,
      params: {},
      tags: {},
    });
    const source = `models:/${model.id}`;
    await createVersion('files', run, { source, model_id: model.id });
    assert.equal(await uriOf(2), model.artifactLocation);
    const noted = (await loggedModels.show(workspace, model.id)).tags['mlflow.modelVersions'];
    assert.equal(noted, '[{"name": "files", "version": 2}]');
    const copy = await createVersion('files', run, { source: 'models:/files/1', run_id: undefined });
    assert.deepEqual(
      [copy.source, copy.run_id, await uriOf(3)],
      ['models:/files/1', run, `runs:/${run}/model`],
    );

    await putFile(run, 'model/data/w.bin', 'changed');
    const frozen = await uriOf(1);
    assert.match(frozen, /^mlflow-artifacts:\/model-versions\/mv_/);
    const place = await artifacts.findPlace(workspace, frozen.replace('mlflow-artifacts:/', '').split('/'));
    assert.ok(place);
    assert.deepEqual(await artifacts.list(workspace, place.owner, ''), [{ path: 'data', size: undefined }]);
    const file = await artifacts.find(workspace, place.owner, 'data/w.bin');
    assert.ok(file);
    const chunks: Uint8Array[] = [];
    for await (const chunk of artifacts.read(file)) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), 'abc');
    await assert.rejects(artifacts.remove(engineer, place.owner, ''), /frozen/);
    assert.equal(await artifacts.findPlace('ws_other', ['model-versions', place.owner.id]), undefined);
  });

  it('finds models and versions by what is known of them, in order, in pages', async () => {
    const { call, createModel, createVersion, refused } = house;
    const names = ['s-0', 's-1', 's-2', 's-3', 's-4'];
    for (const [index, name] of names.entries())
      await createModel(name, {
        tags: [
          { key: 'odd', value: String(index % 2) },
          { key: 'a.b/c', value: 'x' },
        ],
      });
    const find = async (query: Record<string, string>) => {
      const found: string[] = [];
      let token: string | undefined;
      do {
        const search = new URLSearchParams({
          ...query,
          ...(token === undefined ? {} : { page_token: token }),
        });
        const answer = await call<{ registered_models: Message[]; next_page_token?: string }>(
          'GET',
          `${base}/registered-models/search?${search}`,
        );
        found.push(...answer.registered_models.map(({ name }) => String(name)));
        token = answer.next_page_token;
      } while (token !== undefined);
      return found;
    };
    assert.deepEqual(await find({ filter: "name LIKE 's-%'", max_results: '2' }), names);
    assert.deepEqual(
      await find({ filter: "name LIKE 's-%'", max_results: '2', order_by: 'name DESC' }),
      names.toReversed(),
    );
    assert.deepEqual(
      await find({
        filter: "name ILIKE 'S-%' AND tags.odd = '1'",
        order_by: 'name DESC',
        max_results: '1',
      }),
      ['s-3', 's-1'],
    );
    assert.deepEqual(await find({ filter: "tags.`a.b/c` = 'x' and name in ('s-1', 's-2')" }), ['s-1', 's-2']);
    assert.deepEqual(await find({ filter: "tags.none != 'x'" }), []);

    const run = await house.startRun();
    for (let count = 0; count < 3; count++)
      await createVersion('s-0', run, { tags: [{ key: 'n', value: String(count) }] });
    const versions = async (filter: string, orderBy = '') => {
      const query = new URLSearchParams({ filter, ...(orderBy === '' ? {} : { order_by: orderBy }) });
      const answer = await call<{ model_versions: Message[] }>(
        'GET',
        `${base}/model-versions/search?${query}`,
      );
      return answer.model_versions.map(({ version }) => version);
    };
    assert.deepEqual(await versions(`run_id = '${run}'`), ['3', '2', '1']);
    assert.deepEqual(await versions(`name = 's-0' AND version_number >= 2`, 'version_number ASC'), [
      '2',
      '3',
    ]);
    assert.deepEqual(
      await versions(`source_path = 'runs:/${run}/model' AND tags.n != '1'`, 'version_number'),
      ['1', '3'],
    );
    assert.deepEqual(await versions(`run_id IN ('${run}', 'x')`, 'name'), ['3', '2', '1']);
    await call('POST', `${base}/model-versions/create`, {
      body: { name: 's-0', source: 's3://bucket/model' },
    });
    assert.deepEqual(await versions(`run_id != '${run}' AND name = 's-0'`), ['4']);
    assert.deepEqual(await versions(`run_id NOT IN ('${run}') AND name = 's-0'`), ['4']);
    for (const path of [
      '/registered-models/search?filter=nonsense%20%3D%20%27a%27',
      '/registered-models/search?filter=name%20%3D%20%27a%27%20OR%20name%20%3D%20%27b%27',
      '/registered-models/search?max_results=1001',
      '/registered-models/search?max_results=0',
      '/registered-models/search?order_by=nonsense',
      '/registered-models/search?order_by=name&order_by=name%20DESC',
      '/registered-models/search?page_token=abc',
      '/model-versions/search?filter=name%20%3E%20%27a%27',
      '/model-versions/search?max_results=200001',
    ])
      assert.equal(await refused('GET', base + path), '400 INVALID_PARAMETER_VALUE', path);
  });

  it('keeps prompts apart from models', async () => {
    const { call, refused, send, createModel, createVersion } = house;
    const mark = { key: 'mlflow.prompt.is_prompt', value: 'true' };
    await createModel('greeting', { tags: [mark] });
    await createModel('no-greeting');
    assert.equal(
      await refused('POST', `${base}/registered-models/create`, { body: { name: 'greeting' } }),
      '400 RESOURCE_ALREADY_EXISTS',
    );
    const text = { key: 'mlflow.prompt.text', value: 'x'.repeat(100_000) };
    const prompt = { source: 'dummy-source', run_id: undefined, tags: [mark, text] };
    assert.equal((await createVersion('greeting', '', prompt)).version, '1');
    const tooLong = { name: 'greeting', version: '1', key: 'k', value: 'x'.repeat(100_001) };
    assert.equal(
      await refused('POST', `${base}/model-versions/set-tag`, { body: tooLong }),
      '400 INVALID_PARAMETER_VALUE',
    );
    const longText = await send('POST', `${base}/model-versions/set-tag`, {
      body: { ...tooLong, key: 'mlflow.prompt.text' },
    });
    assert.match(longText.body, /Prompt text exceeds max length of 100000 characters\./);
    const elsewhere = { name: 'greeting', source: '/etc/passwd', tags: [mark] };
    assert.equal(
      await refused('POST', `${base}/model-versions/create`, { body: elsewhere }),
      '400 INVALID_PARAMETER_VALUE',
    );
    const names = async (kind: 'registered-models' | 'model-versions', filter: string) => {
      const query = new URLSearchParams({ filter });
      const answer = await call<Record<string, Message[]>>('GET', `${base}/${kind}/search?${query}`);
      return Object.values(answer)
        .flat()
        .map(({ name }) => name);
    };
    const isPrompt = 'tags.`mlflow.prompt.is_prompt`';
    for (const kind of ['registered-models', 'model-versions'] as const) {
      assert.deepEqual(await names(kind, "name LIKE 'greeting'"), []);
      assert.deepEqual(await names(kind, `${isPrompt} = 'true'`), ['greeting']);
      assert.deepEqual(await names(kind, `name = 'greeting' AND ${isPrompt} != 'false'`), ['greeting']);
    }
    assert.deepEqual(await names('registered-models', `name LIKE '%greeting' AND ${isPrompt} != 'true'`), [
      'no-greeting',
    ]);
    assert.deepEqual(await names('registered-models', `name LIKE '%greeting' AND ${isPrompt} = 'false'`), [
      'no-greeting',
    ]);
    const source = { name: 'no-greeting', source: 'models:/greeting/1' };
    assert.equal(
      await refused('POST', `${base}/model-versions/create`, { body: source }),
      '400 INVALID_PARAMETER_VALUE',
    );
  });

  it('tells the house what happened, models and prompts apart', async () => {
    const { call, createModel, createVersion, events, engineer, sql } = house;
    await createModel('told', { tags: [{ key: 'a', value: 'b' }], description: 'd' });
    const run = await house.startRun();
    await createVersion('told', run, { tags: [{ key: 'c', value: 'd' }] });
    const version = { name: 'told', version: '1' };
    await call('POST', `${base}/registered-models/set-tag`, { body: { name: 'told', key: 'x', value: 'y' } });
    await call('DELETE', `${base}/registered-models/delete-tag`, { body: { name: 'told', key: 'x' } });
    await call('POST', `${base}/model-versions/set-tag`, { body: { ...version, key: 'x', value: 'y' } });
    await call('DELETE', `${base}/model-versions/delete-tag`, { body: { ...version, key: 'x' } });
    await call('POST', `${base}/registered-models/alias`, { body: { ...version, alias: 'best' } });
    await call('DELETE', `${base}/registered-models/alias`, { body: { name: 'told', alias: 'best' } });
    await untilEventsSettled(sql);
    const recent = await events.recent(engineer.workspace, { limit: 100 });
    const told = recent.filter(({ payload }) => 'model' in payload && payload.model === 'told');
    assert.deepEqual(
      told.map(({ type }) => type),
      [
        'registry.model.created',
        'registry.version.created',
        'registry.model.tag.set',
        'registry.model.tag.deleted',
        'registry.version.tag.set',
        'registry.version.tag.deleted',
        'registry.alias.set',
        'registry.alias.deleted',
      ],
    );
    assert.deepEqual(told[0]?.payload, { model: 'told', kind: 'model', tags: { a: 'b' }, description: 'd' });
    assert.deepEqual(told[6]?.payload, { model: 'told', kind: 'model', alias: 'best', version: 1 });
  });

  it('refuses what no registry keeps, in the words of the protocol', async () => {
    const { refused, send, createModel } = house;
    await createModel('words');
    const cases: [WireRoute['method'], string, Message, string][] = [
      ['POST', '/registered-models/create', { name: '' }, '400 INVALID_PARAMETER_VALUE'],
      ['POST', '/registered-models/create', { name: 'a/b' }, '400 INVALID_PARAMETER_VALUE'],
      ['POST', '/registered-models/create', { name: '..' }, '400 INVALID_PARAMETER_VALUE'],
      [
        'POST',
        '/registered-models/create',
        { name: 'x', tags: [{ value: 'y' }] },
        '400 INVALID_PARAMETER_VALUE',
      ],
      [
        'POST',
        '/registered-models/create',
        { name: 'x', tags: [{ key: '../y' }] },
        '400 INVALID_PARAMETER_VALUE',
      ],
      [
        'POST',
        '/registered-models/create',
        { name: 'x', tags: [{ key: 'k'.repeat(251) }] },
        '400 INVALID_PARAMETER_VALUE',
      ],
      [
        'POST',
        '/registered-models/alias',
        { name: 'words', alias: 'latest', version: '1' },
        '400 INVALID_PARAMETER_VALUE',
      ],
      [
        'POST',
        '/registered-models/alias',
        { name: 'words', alias: 'V3', version: '1' },
        '400 INVALID_PARAMETER_VALUE',
      ],
      [
        'POST',
        '/registered-models/alias',
        { name: 'words', alias: 'ok', version: '77' },
        '404 RESOURCE_DOES_NOT_EXIST',
      ],
      [
        'POST',
        '/registered-models/alias',
        { name: 'words', alias: 'ok', version: 'one' },
        '400 INVALID_PARAMETER_VALUE',
      ],
      [
        'POST',
        '/model-versions/transition-stage',
        { name: 'words', version: '1', stage: 'Elsewhere' },
        '400 INVALID_PARAMETER_VALUE',
      ],
      [
        'POST',
        '/model-versions/transition-stage',
        { name: 'words', version: '1', stage: 'Archived', archive_existing_versions: true },
        '400 INVALID_PARAMETER_VALUE',
      ],
      ['DELETE', '/registered-models/delete', { name: 'nobody' }, '404 RESOURCE_DOES_NOT_EXIST'],
      ['DELETE', '/registered-models/alias', { name: 'nobody', alias: 'x' }, '404 RESOURCE_DOES_NOT_EXIST'],
    ];
    for (const [method, path, body, expected] of cases)
      assert.equal(await refused(method, base + path, { body }), expected, JSON.stringify(body));
    const missing = await send('GET', `${base}/registered-models/get?name=nobody`);
    assert.match(missing.body, /Registered Model with name=nobody not found/);
    const strange = await send('GET', `${base}/model-versions/get?name=words&version=one`);
    assert.match(strange.body, /Parameter 'version' must be an integer, got 'one'/);
    assert.equal(
      await refused('GET', `${base}/registered-models/alias?name=words&alias=none`),
      '400 INVALID_PARAMETER_VALUE',
    );
  });

  it('never fails on values of any kind', async () => {
    const { send } = house;
    const values = [null, 0, -1, 1.5, true, '', 'x', '\0', [], [1], {}, { key: 1 }, '\ud800', '9'.repeat(30)];
    const calls: [WireRoute['method'], string, string[]][] = [
      ['POST', '/registered-models/create', ['name', 'tags', 'description']],
      ['POST', '/registered-models/alias', ['name', 'alias', 'version']],
      ['POST', '/registered-models/get-latest-versions', ['name', 'stages']],
      ['POST', '/model-versions/create', ['name', 'source', 'run_id', 'model_id', 'tags', 'run_link']],
      ['POST', '/model-versions/transition-stage', ['name', 'version', 'stage', 'archive_existing_versions']],
      ['PATCH', '/model-versions/update', ['name', 'version', 'description']],
      ['DELETE', '/model-versions/delete-tag', ['name', 'version', 'key']],
    ];
    for (const [method, path, fields] of calls) {
      for (const field of fields) {
        for (const value of values) {
          const body = { name: 'words', version: '1', source: 'runs:/r/m', run_id: 'r', [field]: value };
          const answer = await send(method, base + path, { body });
          assert.ok(answer.statusCode < 500, `${path} ${field} ${JSON.stringify(value)}: ${answer.body}`);
        }
      }
    }
  });
});
