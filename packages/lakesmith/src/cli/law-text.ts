import { count } from '../core/quantity.ts';
import type { ModelLaws } from '../run/laws/check-laws.ts';
import type { LawOutcome } from '../run/laws/law-world.ts';
import { pad } from './render.ts';

/** Whether no law of a model is broken. */
export function areKept({ laws }: ModelLaws): boolean {
  return laws.every(({ state }) => state !== 'broken');
}

/** The laws of a model and what came of them, in one line; below it, what shows that one is broken. */
export function renderLaws(model: ModelLaws, [fileWidth = 0, tableWidth = 0]: readonly number[]): string {
  const cells = [pad('laws', fileWidth), pad(model.table, tableWidth)];
  const line = `${areKept(model) ? ' ok  ' : ' FAIL'}  ${cells.join('   ')}   ${told(model.laws)}   ${Math.round(model.elapsedMs)} ms`;
  const broken = model.laws.flatMap(({ state, law, seed, example }) =>
    state === 'broken' ? [`${law} is broken, seed ${seed ?? '?'}; as a test:`, example ?? ''] : [],
  );
  return [line, ...broken.map((text) => text.replaceAll(/^(?=.)/gm, '       '))].join('\n');
}

function told(laws: readonly LawOutcome[]): string {
  const reasons = new Set<string>();
  const parts = laws.map(({ law, state, cases, why }) => {
    const text = words(law, state, cases);
    if (state === 'holds') return why === undefined ? text : `${text}, not proven`;
    const isNew = why !== undefined && !reasons.has(why);
    if (isNew) reasons.add(why);
    return isNew ? `${text}: ${why}` : text;
  });
  return parts.filter((part, i) => !parts.slice(0, i).some((before) => before.startsWith(part))).join(' · ');
}

function words(law: LawOutcome['law'], state: LawOutcome['state'], cases: number): string {
  switch (state) {
    case 'holds':
      return `${law} holds, ${count(cases, 'case')}`;
    case 'full':
      return 'made in full';
    case 'depends':
      return 'depends on the order of arrival';
    case 'broken':
      return `${law} is broken`;
    case 'untried':
      return `${law} is not tried`;
  }
}

/** How many laws there are of each kind; nothing where none was asked. */
export function lawSummary(models: readonly ModelLaws[]): readonly string[] {
  const laws = models.flatMap((model) => model.laws);
  if (laws.length === 0) return [];
  const of = (state: LawOutcome['state']): number => laws.filter((law) => law.state === state).length;
  const cases = laws.reduce((sum, law) => sum + law.cases, 0);
  const parts: readonly (readonly [number, string])[] = [
    [of('broken'), 'broken'],
    [of('holds'), of('holds') === 1 ? 'holds' : 'hold'],
    [of('depends'), of('depends') === 1 ? 'depends on the order of arrival' : 'depend on the order of arrival'],
    [of('full'), 'made in full'],
    [of('untried'), 'not tried'],
  ];
  const shown = parts.filter(([number]) => number > 0).map(([number, text]) => `${number} ${text}`);
  return [`laws: ${shown.join(', ')}, ${count(cases, 'case')}`];
}
