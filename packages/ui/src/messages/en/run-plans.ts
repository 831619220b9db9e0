/** What will become of a run, in numbers, before somebody consents. */
export const runPlanMessages = {
  'runPlan.fork': 'The new run will have',
  'runPlan.rewind': 'Back at step {step}',
  'runPlan.purge': 'These go for good',
  'runPlan.params': { one: '{count} parameter', other: '{count} parameters' },
  'runPlan.tags': { one: '{count} tag', other: '{count} tags' },
  'runPlan.points': { one: '{count} metric point', other: '{count} metric points' },
  'runPlan.counting': 'Counting the metric points…',
  'runPlan.countingFiles': 'Counting the files…',
  'runPlan.files': { one: '{count} file, {size}', other: '{count} files, {size}' },
  'runPlan.manyFiles': 'More than {count} files, {size} and more',
  'runPlan.noFiles': 'No files: those stay with this run',
  'runPlan.goes': { one: '{count} metric point goes', other: '{count} metric points go' },
  'runPlan.stays': { one: '{count} metric point stays', other: '{count} metric points stay' },
  'runPlan.keptAs': 'The run as it is now stays as “{name} (before rewind)”, deleted: it can be restored',
  'runPlan.childrenStay': { one: '{count} run below it stays', other: '{count} runs below it stay' },
} as const;
