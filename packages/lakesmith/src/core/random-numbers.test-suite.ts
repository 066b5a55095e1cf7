export { randomNumbers } from './random-numbers.ts';
