/** Two doubles that a value lies between for certain. Where they are equal, it is that value, as exact as its type needs. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** A number and its neighbours: rounding to a double went no further. */
export function blurred(number: number): Span {
  const blur = Math.abs(number) * Number.EPSILON + Number.MIN_VALUE;
  return { low: number - blur, high: number + blur };
}
