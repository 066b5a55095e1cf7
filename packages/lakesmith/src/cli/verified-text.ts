import { count } from '../core/quantity.ts';
import type { MadeAgain } from '../run/made-again.ts';
import type { SampledKeys } from '../run/sample-table.ts';
import { foreignText } from '../run/foreign-commits.ts';
import type { ForeignCommit } from '../run/foreign-commits.ts';
import { isWrong } from '../run/verify-table.ts';
import type { VerifiedTable } from '../run/verify-table.ts';
import { rowDiffText } from './diff-text.ts';
import { grouped, moment, pad } from './render.ts';

/** One table of a verification: a line, and what is wrong below. */
export function verifiedText(one: VerifiedTable, width: number): readonly string[] {
  const { table, rows, files, problems, again } = one;
  const size = grouped(count(rows, 'row'));
  return [
    ` ${isWrong(one) ? '✗' : ' '} ${pad(table, width)}   ${size}, ${count(files, 'file')}   ${stateText(again)}`,
    ...problems.map((problem) => `     ${problem}`),
    ...foreignLines(one.foreign).map((line) => `     ${line}`),
    // What is stored stands before, what the model gives after.
    ...(again.state === 'different' ? rowDiffText(again.rows).map((line) => `     ${line}`) : []),
  ];
}

const shownCommits = 5;

function foreignLines(commits: readonly ForeignCommit[]): readonly string[] {
  const more = commits.length - shownCommits;
  return [
    ...commits
      .slice(0, shownCommits)
      .map((one) => `version ${one.version}, ${moment(one.at)}, is no run's: ${foreignText(one)}`),
    ...(more > 0 ? [`and ${count(more, 'older version')} that no run made`] : []),
  ];
}

function stateText(again: MadeAgain): string {
  if (again.state === 'unknown') return `not computed: ${again.why}`;
  const { sample, whole } = again;
  if (sample !== undefined)
    return `${again.state === 'equal' ? 'equal' : 'not what its model gives'} in ${sampleText(sample)}`;
  const state = again.state === 'equal' ? 'equal to its model' : 'not what its model gives';
  return whole === undefined ? state : `${state}   all of it, since it cannot be sampled: ${whole}`;
}

/** '1,000 of 84,312 keys (1.2 %)', and those that only the inputs have. */
function sampleText({ by, keys, of, keysOfInputs, ofInputs, inputs, seed }: SampledKeys): string {
  const here = of === 0 ? 'no keys' : `${amount(keys)} of ${amount(of)} keys (${share(keys, of)})`;
  const only = `${amount(keysOfInputs)} of ${amount(ofInputs)} that only ${inputs.join(', ')} ${inputs.length === 1 ? 'has' : 'have'}`;
  return [here, ...(ofInputs === 0 ? [] : [`and ${only}`]), `by ${by.join(', ')}, seed ${seed}`].join(' ');
}

const amount = (number: number): string => grouped(String(number));

function share(some: number, all: number): string {
  const percent = (some / all) * 100;
  return percent < 0.1 ? 'less than 0.1 %' : `${Number(percent.toFixed(1))} %`;
}

/** What all of it comes to. */
export function verifiedSummary(found: readonly VerifiedTable[], release: number): string {
  const equal = found.filter(({ again }) => again.state === 'equal');
  const sampled = equal.filter(({ again }) => again.state === 'equal' && again.sample !== undefined).length;
  const whole = equal.length - sampled;
  const wrong = found.filter(isWrong).length;
  return [
    ...(sampled > 0 && whole === 0
      ? []
      : [`${count(whole, 'table')} equal to what ${whole === 1 ? 'its model gives' : 'their models give'}`]),
    ...(sampled === 0 ? [] : [`${count(sampled, 'table')} equal in a sample`]),
    ...(wrong === 0 ? [] : [`${count(wrong, 'table')} not right`]),
    `release ${release}`,
  ].join(' · ');
}
