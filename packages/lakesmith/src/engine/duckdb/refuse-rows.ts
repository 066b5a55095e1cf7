import { LakeError } from '../../core/errors.ts';
import type { FormGroup } from '../text-forms.ts';
import { findJsonRow } from './source-places.ts';

/** Says what is wrong with rows, at the first of them. */
export async function refuseRow(
  groups: readonly FormGroup<{ readonly location: string }>[],
  isWrong: (row: unknown) => boolean,
  what: string,
  /** What is wrong where no row is. */
  otherwise: string = what,
): Promise<never> {
  for (const { format, files } of groups) {
    for (const { location } of files) {
      const found = await findJsonRow(location, format, isWrong);
      if (found === undefined) continue;
      const { line, record } = found;
      const place = line === undefined ? `${location}, record ${record ?? 1}` : `${location}:${line}`;
      throw new LakeError('LS2001', `${place}: ${what}`, {
        context: { file: location, ...(line === undefined ? {} : { line }) },
      });
    }
  }
  const [location = ''] = groups.flatMap(({ files }) => files.map((file) => file.location));
  throw new LakeError('LS2001', `${location}: ${otherwise}`, { context: { file: location } });
}

export function isNoObject(row: unknown): boolean {
  return typeof row !== 'object' || row === null || Array.isArray(row);
}

/** Whether an object in it has a key. */
export function hasKey(value: unknown, key: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (!Array.isArray(value) && Object.hasOwn(value, key)) || Object.values(value).some((one) => hasKey(one, key));
}
