import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { test } from 'node:test';
import { lowerPriority, mayRaisePriority, setPriorityOfThreads } from './thread-priority.ts';

test('a priority is lowered where it can be given back, to every thread', {
  skip: process.platform !== 'linux',
}, async () => {
  const own = getPriority();
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const pid = child.pid ?? 0;
    const priorities = () => readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)));
    const low = lowerPriority(own);
    setPriority(pid, low);
    await once(child.stdout, 'data');
    assert.ok(priorities().length > 1);
    assert.equal(priorities().at(0), low);
    const may = mayRaisePriority();
    setPriorityOfThreads(pid, own);
    assert.deepEqual(new Set(priorities()), new Set(may ? [own] : priorities()));
    assert.equal(getPriority(pid), may ? own : low);
    assert.equal(getPriority(), own);
  } finally {
    child.kill('SIGKILL');
  }
});
