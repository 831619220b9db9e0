import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemCharts } from './system-charts.ts';

it('metrics of a machine are grouped by what they are about and by their unit', () => {
  const charts = systemCharts([
    'loss',
    'system/network_receive_megabytes',
    'system/network_transmit_megabytes',
    'system/cpu_utilization_percentage',
    'system/system_memory_usage_megabytes',
    'system/system_memory_usage_percentage',
    'system/gpu_0_power_usage_watts',
    'system/gpu_0_utilization_percentage',
    'system/worker-1/cpu_utilization_percentage',
    'system/disk_usage_percentage',
    'system/fans',
  ]);
  assert.deepEqual(
    charts.map(({ key, lines }) => [key, lines.map(({ label }) => label)]),
    [
      ['cpu.percent', ['cpu utilization', 'worker-1 cpu utilization']],
      ['memory.percent', ['memory usage']],
      ['memory.megabytes', ['memory usage']],
      ['gpu.percent', ['gpu 0 utilization']],
      ['gpu.watts', ['gpu 0 power usage']],
      ['disk.percent', ['disk usage']],
      ['network.megabytes', ['network receive', 'network transmit']],
      ['other.none', ['fans']],
    ],
  );
});
