const PREFIX = '.tmp-';

/** A name for a file that is not finished. Listings leave such names out. */
export function temporaryName(): string {
  return `${PREFIX}${crypto.randomUUID()}`;
}

export function isTemporaryName(name: string): boolean {
  return name.startsWith(PREFIX);
}
