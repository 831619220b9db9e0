import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../kernel/logger.ts';
import { openRedis, type RedisLink } from './open-redis.ts';
import { startRedisServer } from './redis-server.fixture.ts';

const monotonic = (): number => performance.now();

function recordingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (_fields: unknown, message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(20);
}

describe('the connection to Redis', () => {
  let server: Awaited<ReturnType<typeof startRedisServer>>;
  const links: RedisLink[] = [];

  async function open(url: string) {
    const { logger, lines } = recordingLogger();
    const link = await openRedis({ url, logger, monotonic, timing: { commandMs: 100, openMs: 100 } });
    links.push(link);
    return { link, lines };
  }

  before(async () => {
    server = await startRedisServer({ password: 'open-sesame' });
  });
  after(async () => {
    for (const link of links) await link.close();
    await server.close();
  });

  it('refuses to start with a password that Redis does not take, and never repeats it', async () => {
    for (const secret of [':wrong-one@', '', 'nobody:open-sesame@']) {
      const url = `redis://${secret}127.0.0.1:${server.port}/0`;
      await assert.rejects(open(url), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'BAD_CONFIG');
        assert.match(error.message, /redisUrl .*refuses the user name or password/);
        assert.doesNotMatch(error.message, /wrong-one|sesame/);
        return true;
      });
    }
    await assert.rejects(open(server.url.replace('/0', '/4711')), /no database of that number/);
  });

  it('starts without a Redis that is not there, and says so', async () => {
    const { link, lines } = await open('redis://127.0.0.1:1/0');
    assert.equal(link.available(), false);
    assert.deepEqual(lines, ['warn: Redis cannot be reached; the server goes on without it, slower']);
    await assert.rejects(link.run((redis) => redis.ping()));
    assert.equal(lines.length, 1);
  });

  it('gives up on a Redis that does not answer, and finds it again by itself', async () => {
    const { link, lines } = await open(server.url);
    assert.equal(await link.run((redis) => redis.ping()), 'PONG');
    server.freeze();
    await assert.rejects(link.run((redis) => redis.ping()));
    assert.equal(link.available(), false);
    server.thaw();
    await eventually(async () => (await link.run((redis) => redis.ping()).catch(() => '')) === 'PONG');
    assert.equal(link.available(), true);
    assert.deepEqual(
      lines.map((line) => line.split(':')[0]),
      ['warn', 'info'],
    );
  });

  it('finds a Redis again that was ended and started', async () => {
    const { link } = await open(server.url);
    await server.stop();
    await assert.rejects(link.run((redis) => redis.ping()));
    await server.start();
    await eventually(async () => (await link.run((redis) => redis.ping()).catch(() => '')) === 'PONG');
    assert.equal(await link.run((redis) => redis.get('anything')), null);
  });
});
