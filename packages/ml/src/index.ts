export { MlInputError } from './ml-input-error.ts';
export { createRandom, type Random } from './random.ts';
