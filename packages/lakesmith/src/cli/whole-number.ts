import { LakeError } from '../core/errors.ts';

/** The number that an option was given. */
export function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new LakeError('LS4001', `${option} wants a whole number from 1 on, not ${text}.`);
  return number;
}
