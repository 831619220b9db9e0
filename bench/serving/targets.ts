/**
 * What the model server has to reach, as the load script asserts it: requests per second against a peer's, CPU of a request
 * in µs, memory of all processes in MB.
 */
export const targetWords: readonly string[] = [
  '--peer',
  'fastapi-2',
  ...each('--assert', [
    'http:gb:1row.c16=4',
    'http:gb:1row.c64=4',
    'http:gb:1row.c16=12@mlserver',
    'http:gb:1row.c64=12@mlserver',
    'http:gb:1row.c16=20@mlflow',
    'http:gb:1row.c64=20@mlflow',
    'http:gb:100row.c16=2',
    'grpc:gb:1row.c16=6@mlserver',
  ]),
  ...each('--assert-cpu', ['http-v2:gb:1row.c16=40']),
  ...each('--assert-pss', ['http=350', 'grpc=450']),
];

function each(flag: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [flag, value]);
}
