import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { ana, openTracking } from '../../../tracking/tracking.fixture.ts';
import { openMlflow } from '../mlflow.fixture.ts';
import { artifactRoutes } from './artifact-routes.ts';

const proxy = '/api/2.0/mlflow-artifacts/artifacts';

describe("artifacts over MLflow's protocol", () => {
  let fixture: Awaited<ReturnType<typeof openTracking>>;
  let mlflow: Awaited<ReturnType<typeof openMlflow>>;
  /** Of a run. */
  let id: string;
  /** Below the proxy. */
  let root: string;
  before(async () => {
    fixture = await openTracking();
    const { artifacts } = fixture.tracking;
    const routes = artifactRoutes({
      artifacts,
      publicUrl: 'https://elsewhere.example/esteira',
      fileOfVersion: async (workspace, model, version, path) =>
        model === 'delays' && version === '2'
          ? await artifacts.find(workspace, { kind: 'run', id }, `frozen/${path}`)
          : undefined,
    });
    mlflow = await openMlflow(routes);
    const run = await fixture.tracking.startRun(ana, { experiment: 'flights', name: 'one' });
    id = run.id;
    root = run.artifactLocation.replace('mlflow-artifacts:/', '');
  });
  after(async () => {
    await mlflow.close();
    await fixture.close();
  });

  it('are stored, listed, read and deleted at both doors', async () => {
    const file = `${root}/door/a b.txt`;
    assert.deepEqual(await mlflow.call('PUT', `${proxy}/${encodeURI(file)}`, { body: 'hello' }), {});
    for (const door of ['/api', '/ajax-api']) {
      const path = `${door}/2.0/mlflow-artifacts/artifacts`;
      assert.equal((await mlflow.send('GET', `${path}/${encodeURI(file)}`)).body, 'hello');
      for (const folder of [`${root}/door`, `${root}/door/`])
        assert.deepEqual(await mlflow.call('GET', `${path}?path=${folder}`), {
          files: [{ path: 'a b.txt', is_dir: false, file_size: 5 }],
        });
    }
    assert.deepEqual(await mlflow.call('GET', `/api/2.0/mlflow/artifacts/list?run_uuid=${id}&path=door`), {
      root_uri: `mlflow-artifacts:/${root}`,
      files: [{ path: 'door/a b.txt', is_dir: false, file_size: 5 }],
    });
    assert.deepEqual(await mlflow.call('DELETE', `${proxy}/${root}/door/`), {});
    assert.equal(await mlflow.refused('GET', `${proxy}/${encodeURI(file)}`), '404 RESOURCE_DOES_NOT_EXIST');
  });

  it('come as downloads that no browser shows, whole, in part, or without their bytes', async () => {
    const url = `${proxy}/${root}/page.html`;
    await mlflow.call('PUT', url, { body: '<b>hi</b>', headers: { 'content-type': 'text/html' } });
    const whole = await mlflow.send('GET', `/get-artifact?run_id=${id}&path=page.html`);
    assert.equal(whole.body, '<b>hi</b>');
    assert.equal(whole.headers['content-length'], '9');
    assert.equal(whole.headers['x-content-type-options'], 'nosniff');
    assert.equal(whole.headers['content-disposition'], 'attachment; filename=page.html');
    const head = await mlflow.send('HEAD', url);
    assert.deepEqual([head.statusCode, head.body, head.headers['content-length']], [200, '', '9']);
    const part = await mlflow.send('GET', url, { headers: { range: 'bytes=3-4' } });
    assert.deepEqual([part.statusCode, part.body, part.headers['content-range']], [206, 'hi', 'bytes 3-4/9']);
    const behind = await mlflow.send('GET', url, { headers: { range: 'bytes=9-' } });
    assert.deepEqual([behind.statusCode, behind.headers['content-range']], [416, 'bytes */9']);
    const changed = await mlflow.send('GET', url, { headers: { range: 'bytes=3-4', 'if-range': '"other"' } });
    assert.deepEqual([changed.statusCode, changed.body], [200, '<b>hi</b>']);
    assert.equal(await mlflow.refused('GET', `${proxy}/${root}`), '400 INVALID_PARAMETER_VALUE');
  });

  it('have their types by their names, and names of any characters in the answer', async () => {
    for (const [name, type] of [
      ['MLmodel', 'text/plain'],
      ['c.pkl', 'application/octet-stream'],
      ['c.PNG', 'image/png'],
      ['no-ending', 'application/octet-stream'],
      ['a.pdf', 'application/pdf'],
    ] as const) {
      await mlflow.call('PUT', `${proxy}/${root}/types/${name}`, { body: 'x' });
      const answer = await mlflow.send('GET', `${proxy}/${root}/types/${name}`);
      assert.equal(answer.headers['content-type'], type, name);
    }
    const odd = 'a"b;é中\'(1).txt';
    await mlflow.call('PUT', `${proxy}/${root}/${encodeURIComponent(odd)}`, { body: 'x' });
    const answer = await mlflow.send('GET', `${proxy}/${root}/${encodeURIComponent(odd)}`);
    assert.equal(
      answer.headers['content-disposition'],
      `attachment; filename="a_b___'(1).txt"; filename*=UTF-8''${encodeURIComponent(odd).replace("'", '%27').replace('(', '%28').replace(')', '%29')}`,
    );
  });

  it('keep names of spaces, signs and letters of any script unchanged', async () => {
    const name = fc
      .string({
        unit: fc.constantFrom(...'aZ09 %+#?&=~!$,;@[]{}^`|<>"\'éßẞ中🙂e\u0301.-_'),
        minLength: 1,
        maxLength: 12,
      })
      .filter((text) => !/^[.\s]+$/.test(text) && !/%[0-9a-f]{2}/i.test(text) && !/[:/\\]/.test(text));
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const url = `${proxy}/${root}/names/${encodeURIComponent(text)}`;
        await mlflow.call('PUT', url, { body: text });
        assert.equal((await mlflow.send('GET', url)).body, text);
        const { files } = await mlflow.call<{ files: { path: string }[] }>(
          'GET',
          `${proxy}?path=${root}/names`,
        );
        assert.ok(
          files.some(({ path }) => path === text),
          text,
        );
        await mlflow.call('DELETE', url);
      }),
      { numRuns: 150 },
    );
  });

  it('never lie behind a path that climbs, is absolute or names a scheme, however it is written', async () => {
    const step = fc.constantFrom(
      '..',
      '%2e%2e',
      '%252e%252e',
      '%2e.',
      '..%2f',
      '..%252f',
      '..\\',
      '%5c..',
      'file:',
      '\uff0e\uff0e',
    );
    const tail = fc.constantFrom('etc/passwd', '%2fetc%2fpasswd', '/etc/passwd', 'passwd%00.txt', '%2500');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), tail, async (steps, end) => {
        const within = encodeURI([...steps, end].join('/')).replaceAll('%25', '%');
        const path = `${root}/${within}`;
        for (const url of [
          `${proxy}/${path}`,
          `/get-artifact?run_id=${id}&path=${within}`,
          `/api/2.0/mlflow/artifacts/list?run_id=${id}&path=${within}`,
          `${proxy}?path=${path}`,
        ]) {
          // As it is sent: a client that cleans up dots would test itself.
          const status = await statusOf('GET', url);
          assert.ok(status === 400 || status === 404, `${status} ${url}`);
          assert.ok(!url.startsWith('/get') || status === 400, `${status} ${url}`);
        }
        assert.equal(await statusOf('PUT', `${proxy}/${path}`), 400, path);
      }),
      { numRuns: 60 },
    );
    for (const path of [
      '/etc/passwd',
      '%2fetc',
      'file:///etc/passwd',
      'a//b',
      `${'a'.repeat(300)}/b`,
      'a/'.repeat(3000),
      'C:/x',
      's3://bucket/key',
    ])
      for (const method of ['GET', 'PUT', 'DELETE'] as const)
        assert.equal(await statusOf(method, `${proxy}/${path}`), 400, path.slice(0, 50));
  });

  it('have an owner in the workspace of the caller, or are not there', async () => {
    await mlflow.call('PUT', `${proxy}/${root}/own.txt`, { body: 'mine' });
    const missing = '404 RESOURCE_DOES_NOT_EXIST';
    const [number] = root.split('/');
    for (const path of [
      `${root}/own.txt`.replace(id, 'run_x'),
      `77/${id}/artifacts/own.txt`,
      `${number}/nobody/artifacts/a`,
    ])
      for (const method of ['GET', 'PUT', 'DELETE'] as const)
        assert.equal(
          await mlflow.refused(method, `${proxy}/${path}`, method === 'PUT' ? { body: 'x' } : {}),
          missing,
          `${method} ${path}`,
        );
    const workspace = 'ws_2';
    assert.equal(await mlflow.refused('GET', `${proxy}/${root}/own.txt`, { workspace }), missing);
    assert.equal(await mlflow.refused('PUT', `${proxy}/${root}/own.txt`, { workspace, body: 'x' }), missing);
    assert.equal(
      await mlflow.refused('GET', `/get-artifact?run_id=${id}&path=own.txt`, { workspace }),
      missing,
    );
    assert.equal(
      await mlflow.refused('GET', `/api/2.0/mlflow/artifacts/list?run_id=${id}`, { workspace }),
      missing,
    );
  });

  it('lie with the experiment, or the workspace, where they are put outside of runs', async () => {
    const [number] = root.split('/');
    for (const folder of [`${number}/reports`, 'common/reports']) {
      await mlflow.call('PUT', `${proxy}/${folder}/q1.txt`, { body: folder });
      assert.equal((await mlflow.send('GET', `${proxy}/${folder}/q1.txt`)).body, folder);
      assert.deepEqual(await mlflow.call('GET', `${proxy}?path=${folder}`), {
        files: [{ path: 'q1.txt', is_dir: false, file_size: folder.length }],
      });
      const elsewhere = await mlflow.send('GET', `${proxy}/${folder}/q1.txt`, { workspace: 'ws_2' });
      assert.equal(elsewhere.statusCode, 404);
    }
    assert.deepEqual(await mlflow.call('GET', proxy), { files: [{ path: 'common', is_dir: true }] });
  });

  it('of a version are those that were frozen with it', async () => {
    await mlflow.call('PUT', `${proxy}/${root}/frozen/MLmodel`, { body: 'flavors: {}' });
    const get = '/model-versions/get-artifact?name=delays';
    assert.equal((await mlflow.send('GET', `${get}&version=2&path=MLmodel`)).body, 'flavors: {}');
    assert.equal(await mlflow.refused('GET', `${get}&version=3&path=MLmodel`), '404 RESOURCE_DOES_NOT_EXIST');
    assert.equal(
      await mlflow.refused('GET', `${get}&version=2&path=..%2FMLmodel`),
      '400 INVALID_PARAMETER_VALUE',
    );
    assert.equal(await mlflow.refused('GET', `${get}&version=2`), '400 INVALID_PARAMETER_VALUE');
  });

  it('come from the page when they are small', async () => {
    const upload = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${id}`;
    await mlflow.call('POST', `${upload}&path=from/page.txt`, {
      body: 'typed',
      headers: { 'content-type': 'text/plain' },
    });
    assert.equal((await mlflow.send('GET', `${proxy}/${root}/from/page.txt`)).body, 'typed');
    const invalid = '400 INVALID_PARAMETER_VALUE';
    assert.equal(
      await mlflow.refused('POST', `${upload}&path=big`, { body: Buffer.alloc(10 * 1024 * 1024 + 1) }),
      invalid,
    );
    assert.equal(await mlflow.refused('POST', `${upload}&path=empty`), invalid);
    assert.equal(await mlflow.refused('POST', upload, { body: 'x' }), invalid);
    assert.equal(await mlflow.refused('POST', `${upload}&path=..%2Fx`, { body: 'x' }), invalid);
  });

  it('have no addresses of a bucket where they lie on the disk', async () => {
    await mlflow.call('PUT', `${proxy}/${root}/own.txt`, { body: 'mine' });
    const none = '501 NOT_IMPLEMENTED';
    const [down, up] = ['download', 'upload'].map((way) => `/api/2.0/mlflow/artifacts/presigned-${way}-url`);
    const body = { run_id: id, path: 'own.txt' };
    assert.equal(await mlflow.refused('GET', `/api/2.0/mlflow-artifacts/presigned/${root}/own.txt`), none);
    assert.equal(await mlflow.refused('POST', down ?? '', { body }), none);
    assert.equal(await mlflow.refused('POST', up ?? '', { body }), none);
    const invalid = '400 INVALID_PARAMETER_VALUE';
    assert.equal(
      await mlflow.refused('POST', down ?? '', { body: { ...body, expiration: 604_801 } }),
      invalid,
    );
    assert.equal(await mlflow.refused('POST', up ?? '', { body: { ...body, model_id: 'm-1' } }), invalid);
    assert.equal(await mlflow.refused('POST', down ?? '', { body: { ...body, path: ['x'] } }), invalid);
  });

  it('arrive in parts that are let in by the authorization of their caller', async () => {
    const at = (verb: string) => `/api/2.0/mlflow-artifacts/mpu/${verb}/${root}/parts`;
    const path = '/home/ana/big.bin';
    const begun = await mlflow.call<{ upload_id: string; credentials: Credential[] }>('POST', at('create'), {
      body: { path, num_parts: 2 },
      headers: { authorization: 'Bearer secret', host: 'esteira.example:7700' },
    });
    const parts: { part_number: number; etag: string }[] = [];
    for (const { url, part_number: number, headers } of begun.credentials) {
      assert.deepEqual(headers, { Authorization: 'Bearer secret' });
      assert.ok(url.startsWith('http://esteira.example:7700/api/2.0/mlflow-artifacts/mpu/part/'), url);
      const answer = await mlflow.send('PUT', new URL(url).pathname, { body: `part ${number};` });
      parts.push({ part_number: number, etag: String(answer.headers.etag) });
    }
    const body = { path, upload_id: begun.upload_id, parts };
    const invalid = '400 INVALID_PARAMETER_VALUE';
    assert.equal(
      await mlflow.refused('POST', at('complete'), { body: { ...body, parts: parts.slice(1) } }),
      invalid,
    );
    assert.equal(
      await mlflow.refused('POST', at('complete'), { body: { ...body, parts: [{ part_number: 'one' }] } }),
      invalid,
    );
    assert.equal(await mlflow.refused('POST', at('create'), { body: { path, num_parts: -1 } }), invalid);
    assert.equal(await mlflow.refused('POST', at('create'), { body: { path: '..' } }), invalid);
    assert.deepEqual(await mlflow.call('POST', at('complete'), { body }), {});
    assert.deepEqual(await mlflow.call('POST', at('complete'), { body }), {});
    assert.equal((await mlflow.send('GET', `${proxy}/${root}/parts/big.bin`)).body, 'part 1;part 2;');
    assert.deepEqual(await mlflow.call('POST', at('abort'), { body }), {});
    assert.equal(await mlflow.refused('POST', at('complete'), { body }), '404 RESOURCE_DOES_NOT_EXIST');
  });

  it('leave nothing when the client goes away in the middle', async () => {
    const { port } = new URL(await address());
    const path = `${proxy}/${root}/cut.bin`;
    await new Promise<void>((resolve) => {
      const sent = request({ port, method: 'PUT', path, headers: { 'content-length': 1_000_000 } });
      sent.on('error', () => resolve());
      sent.write(Buffer.alloc(100_000), () => sent.destroy());
    });
    assert.equal((await mlflow.send('GET', path)).statusCode, 404);
  });

  /** Over a socket, where paths are left as they are. */
  async function statusOf(method: string, path: string): Promise<number> {
    const { port } = new URL(await address());
    return await new Promise((resolve, reject) => {
      const sent = request({ port, method, path }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  let listening: Promise<string> | undefined;
  function address(): Promise<string> {
    listening ??= mlflow.listen();
    return listening;
  }
});

interface Credential {
  readonly url: string;
  readonly part_number: number;
  readonly headers: Readonly<Record<string, string>>;
}
