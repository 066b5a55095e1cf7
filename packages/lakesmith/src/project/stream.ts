import type { Diagnostic } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { mainInput } from '../sql/origin.ts';
import { withNamedViews } from '../sql/views.ts';
import type { ModelTable, Project, ProjectTable } from './model.ts';
import { sqlPlace } from './sql-place.ts';

/** The model with the table that it follows by its name, where it is a stream; or why it is not known which that is. */
export function withFollowed(model: ModelTable): {
  readonly model: ModelTable;
  readonly diagnostics: readonly Diagnostic[];
} {
  const { stream, inputs, name } = model;
  if (stream === undefined) return { model, diagnostics: [] };
  const first = mainInput(withNamedViews(model.tree()))?.table.toLowerCase();
  const [only, ...others] = inputs;
  const follows = stream.follows || (others.length === 0 ? only : first);
  if (follows !== undefined && inputs.includes(follows))
    return { model: { ...model, stream: { ...stream, follows } }, diagnostics: [] };
  return { model, diagnostics: [whyNot()] };

  function whyNot(): Diagnostic {
    const place = stream?.place ?? sqlPlace(model, 0);
    const among = inputs.length === 0 ? 'no table' : inputs.join(', ');
    if (stream === undefined || stream.follows === '')
      return {
        code: 'LS1216',
        message: `Model ${name} is a stream, and its FROM does not begin with a table whose rows it could follow`,
        place,
        hint: inputs.length === 0 ? 'name a table in FROM' : `add follows: with one of ${among}`,
      };
    const near = nearestName(stream.follows, inputs);
    return {
      code: 'LS1004',
      message: `"follows" of ${name} names ${stream.follows}, and the SELECT reads ${among}`,
      place,
      hint: near === undefined ? 'name a table that the SELECT reads' : `Did you mean ${near}?`,
    };
  }
}

/** Whether rows of a table are made once, and stay. */
export function isStream(table: ProjectTable | undefined): boolean {
  return table?.kind === 'model' && table.stream !== undefined;
}

/** Whether a stream takes the rows that come to a table. */
export function isFollowed(name: string, { tables }: Pick<Project, 'tables'>): boolean {
  return [...tables.values()].some((table) => table.kind === 'model' && table.stream?.follows === name);
}

/** Tables whose rows are made once, whatever becomes of a rule. */
export function streamNames({ tables }: Project): ReadonlySet<string> {
  const streams = [...tables.values()].filter(isStream);
  return new Set(streams.map(({ name }) => name));
}
