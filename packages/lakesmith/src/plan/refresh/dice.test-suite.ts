export { Dice } from '../../core/dice.ts';
