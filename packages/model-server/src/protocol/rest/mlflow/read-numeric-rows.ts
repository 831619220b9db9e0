import type { TensorSignature } from '@esteira/contracts';
import type { Tensor } from '../../tensor.ts';
import { hasMissing } from '../has-missing.ts';
import { createNumberScanner } from '../number-scanner.ts';
import { tensorOfNumbers } from '../tensor-of-numbers.ts';

const scanner = createNumberScanner();
const openBracket = 0x5b;
const before = /^[ \t\r\n]*\{[ \t\r\n]*"(?:inputs|instances)"[ \t\r\n]*:[ \t\r\n]*$/;
const behind = /^[ \t\r\n]*\}[ \t\r\n]*$/;
/** White space makes a text longer; so much of it nobody sends. */
const longestAround = 64;

/**
 * Reads `{"inputs": [[…], …]}`, or the same under `instances`, rows of numbers for a matrix of the graph, from the bytes.
 * Undefined for every other body, wrong ones and those with a null included: the general reader says what it thinks of them.
 */
export function readNumericRows(body: Buffer, input: TensorSignature): Tensor | undefined {
  const { name, datatype, shape } = input;
  if ((datatype !== 'FP32' && datatype !== 'FP64') || shape.length !== 2) return undefined;
  const start = body.indexOf(openBracket);
  if (start < 0 || start > longestAround || !before.test(body.toString('latin1', 0, start))) return undefined;
  const numbers = scanner.scan(body, start);
  if (numbers === undefined || numbers.rows === 0 || numbers.width !== shape[1]) return undefined;
  if (body.length - numbers.end > longestAround) return undefined;
  if (!behind.test(body.toString('latin1', numbers.end))) return undefined;
  const tensor = tensorOfNumbers({ name, datatype, shape: [numbers.rows, numbers.width] }, numbers, body);
  return tensor === undefined || hasMissing(numbers.values, numbers.count) ? undefined : tensor;
}
