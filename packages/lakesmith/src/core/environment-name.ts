/** Whether every store can have a folder of this name: what an environment in the lake of another one needs. */
export function isEnvironmentName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,62}$/.test(name);
}

/** What such a name has to be, as an imperative. */
export const environmentNameRule = 'begin with a small letter or digit, and go on with those, - and _: 63 at most';
