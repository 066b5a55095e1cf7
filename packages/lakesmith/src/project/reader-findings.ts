import type { Diagnostic } from '../core/errors.ts';
import { channelProblems } from './addresses.ts';
import type { Named } from './job-file.ts';
import { spanFindings } from './job-file.ts';
import { isPeriod, isSelect, shapes } from './reader-file.ts';
import type { YamlValue } from './yaml.ts';
import { entryOf, wordsAt } from './yaml.ts';

/** What is wrong with an alert whose form is right, besides its query. */
export function alertFindings(value: YamlValue, { channels }: Named): readonly Diagnostic[] {
  return [...channelProblems(wordsAt(value, 'notify'), channels), ...spanFindings(value, 'remind')];
}

/** What is wrong with a dashboard whose form is right, besides its queries. */
export function dashboardFindings(value: YamlValue): readonly Diagnostic[] {
  const tiles = entryOf(value, 'tiles')?.value;
  return [...filterFindings(value), ...(tiles?.kind === 'list' ? tiles.items.flatMap(tileFindings) : [])];
}

function filterFindings(value: YamlValue): readonly Diagnostic[] {
  const filters = entryOf(value, 'filters')?.value;
  if (filters?.kind !== 'map') return [];
  return [...filters.entries].flatMap(([name, { key, value: filter }]): Diagnostic[] => {
    const hint = 'write a period, such as last 90 days, or a SELECT of the values to choose from';
    if (!/^[a-z_]\w*$/i.test(name))
      return [
        { code: 'LS1004', message: `No filter can be called ${name}`, place: key, hint: 'write a name such as region' },
      ];
    if (filter.kind === 'scalar' && (isPeriod(filter) || isSelect(filter))) return [];
    return [{ code: 'LS1004', message: `Filter ${name} cannot be understood`, place: filter.place, hint }];
  });
}

/** A tile shows one query in one way. */
function tileFindings(tile: YamlValue): readonly Diagnostic[] {
  const [, second] = shapes.filter((shape) => entryOf(tile, shape) !== undefined);
  const hint = `write one of ${shapes.join(', ')}`;
  if (second !== undefined) {
    const place = entryOf(tile, second)?.key ?? tile.place;
    return [{ code: 'LS1004', message: 'A tile shows one query', place, hint }];
  }
  if (shapes.some((shape) => entryOf(tile, shape) !== undefined)) return [];
  return [{ code: 'LS1004', message: 'A tile shows nothing', place: tile.place, hint }];
}
