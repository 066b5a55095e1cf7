import { count } from '../core/quantity.ts';
import type { Scalar } from '../engine/engine.ts';
import { renderDiagnostics } from '../project/diagnostic-text.ts';
import type { TestDifference, TestOutcome } from '../run/test-model.ts';
import { pad, renderCell, renderTable } from './render.ts';

/** A test and how it went, in one line, with the rows that differ below. */
export function renderOutcome(outcome: TestOutcome, [fileWidth = 0, tableWidth = 0]: readonly number[]): string {
  const cells = [pad(outcome.file, fileWidth), pad(outcome.table, tableWidth)];
  const line = `${hasPassed(outcome) ? ' ok  ' : ' FAIL'}  ${cells.join('   ')}   ${`${Math.round(outcome.elapsedMs)} ms`.padStart(7)}`;
  return hasPassed(outcome) ? line : `${line}\n${renderFailure(outcome)}`;
}

/** How many passed. */
export function testSummary(passed: number, failed: number): string {
  if (passed + failed === 0) return 'there are no tests: write one in tests/';
  return failed === 0 ? `${passed} passed` : `${failed} failed, ${passed} passed`;
}

/** Whether a test made what it should. */
export function hasPassed({ differences, problems }: TestOutcome): boolean {
  return differences.length === 0 && problems.length === 0;
}

/** Why a test failed: what differs, and where it stands. */
export function renderFailure({ differences, problems }: TestOutcome): string {
  const parts = [...(problems.length > 0 ? [renderDiagnostics(problems)] : []), ...differences.map(renderDifference)];
  return parts.join('\n').replaceAll(/^(?=.)/gm, '       ');
}

/** Rows that are missing and rows that are too much, those that are alike under each other. */
function renderDifference({ of, arrival, place, columns, missing, unexpected }: TestDifference): string {
  const marked = [...missing.map((row) => ['-', ...row]), ...unexpected.map((row) => ['+', ...row])];
  const text = (row: readonly Scalar[]): string => row.slice(1).map(renderCell).join('\u0000');
  marked.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
  const told = [
    ...(missing.length > 0 ? [`- ${count(missing.length, 'row')} expected and not made`] : []),
    ...(unexpected.length > 0 ? [`+ ${count(unexpected.length, 'row')} made and not expected`] : []),
  ];
  const what = `${of === 'rows' ? '' : ` ${of}`}${arrival === undefined ? '' : ` after arrival ${arrival}`}`;
  return `${place.file}:${place.line}${what}   ${told.join('   ')}\n${renderTable(['', ...columns], marked)}`;
}
