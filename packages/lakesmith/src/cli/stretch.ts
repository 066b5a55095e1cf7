import { LakeError } from '../core/errors.ts';
import type { Stretch } from '../plan/refresh/stretch.ts';
import type { Project } from '../project/model.ts';
import type { Bounds } from './selection.ts';
import { momentOf } from './time-point.ts';

const form = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** The stretch of time that `--from` and `--to` bound; undefined: they bound a part of the graph, or nothing. */
export function parseStretch({ from, to, column }: { [key in keyof Bounds]: string | undefined }): Stretch | undefined {
  const isTime = (text: string | undefined): boolean => text !== undefined && /^\d/.test(text.trim());
  if (!isTime(from) && !isTime(to)) {
    if (column !== undefined)
      throw new LakeError(
        'LS4001',
        '--column says which days --from and --to mean: give them as days, such as 2026-02-01.',
      );
    return undefined;
  }
  if ([from, to].some((text) => text !== undefined && !isTime(text)))
    throw new LakeError(
      'LS4001',
      '--from and --to take two tables, or two days or times, but not one of each: name the tables before them.',
    );
  const [first, last] = [parseBound('--from', from), parseBound('--to', to)];
  if (
    first !== undefined &&
    last !== undefined &&
    hasZone(first) === hasZone(last) &&
    momentOf('--from', first) >= momentOf('--to', last)
  )
    throw new LakeError(
      'LS4001',
      `--to ${last} is not later than --from ${first}: the stretch is up to --to, and without it.`,
    );
  return {
    ...(first === undefined ? {} : { from: first }),
    ...(last === undefined ? {} : { to: last }),
    ...(column === undefined ? {} : { column }),
  };
}

const hasZone = (text: string): boolean => text.length > 10 && /(?:Z|[+-]\d\d(?::\d\d)?)$/i.test(text);

/** As the engine reads it: '2026-02-01', '2026-02-01 10:00:00+01:00'. */
function parseBound(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (!form.test(trimmed))
    throw new LakeError(
      'LS4001',
      `${option} wants a day or a time such as 2026-02-01 or 2026-02-01T10:00:00, not ${text}.`,
    );
  momentOf(option, trimmed);
  const [, day = '', time = '', zone = ''] = /^(.{10})(?:[T ](\d\d:\d\d(?::[\d.]+)?))?\s?(.*)$/i.exec(trimmed) ?? [];
  if (time === '') return day;
  return `${day} ${time.length === 5 ? `${time}:00` : time}${zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2')}`;
}

/** The tables among these that days can be asked of; refuses those of which they never can. */
export function stretchedTables({ tables }: Project, names: ReadonlySet<string> | undefined): ReadonlySet<string> {
  if (names === undefined)
    throw new LakeError(
      'LS4001',
      'Name the tables whose days are to be made anew: `lakesmith run gold.sales --from 2026-02-01 --to 2026-02-08`.',
    );
  const refused = [...names].flatMap((name) => {
    const why = whyNever(tables.get(name));
    return why === undefined ? [] : [`${name}: ${why}`];
  });
  if (refused.length > 0)
    throw new LakeError(
      'LS4006',
      `Days can be made anew of tables that a SELECT makes, and not of these. ${refused.join('. ')}. Nothing was written; name the others.`,
    );
  return names;
}

function whyNever(table: ReturnType<Project['tables']['get']>): string | undefined {
  if (table === undefined) return 'it is not in the project';
  if (table.kind !== 'model') return 'it is loaded, and not computed';
  if (table.modelKind === 'view') return 'it is a view, which stores no rows';
  if (table.history !== undefined) return 'a history keeps what came, in whatever order it came';
  return table.rows === undefined ? undefined : 'TypeScript makes its rows';
}
