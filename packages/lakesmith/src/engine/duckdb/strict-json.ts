import { LakeError } from '../../core/errors.ts';
import type { FormGroup } from '../text-forms.ts';
import { findBadJsonLine } from './source-places.ts';

/**
 * The engine reads NaN and Infinity as if they were JSON, and a column of them would become text. Where numbers were found
 * that are none, the files are read once more, and what is not JSON is refused by file and line.
 */
export async function refuseLooseJson(groups: readonly FormGroup<{ readonly location: string }>[]): Promise<void> {
  for (const { format, files } of groups) {
    for (const { location } of files) {
      const source = {
        name: '',
        kind: 'text-files',
        columns: [],
        format,
        files: [{ location, label: location }],
      } as const;
      const place = await findBadJsonLine(source, location);
      if (place?.line === undefined) continue;
      throw new LakeError(
        'LS2001',
        `${location}:${place.line}: this is not JSON: NaN and Infinity are no numbers there, write null`,
        { context: { file: location, line: place.line } },
      );
    }
  }
}
