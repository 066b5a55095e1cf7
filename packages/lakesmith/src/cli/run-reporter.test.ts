import { describe, expect, it } from 'vitest';
import type { StepOutcome } from '../core/progress.ts';
import { RunReporter } from './run-reporter.ts';

const outcome = (rows: number): StepOutcome => ({
  status: 'done',
  rows,
  rowsAdded: rows,
  unit: 'rows',
  elapsedMs: 100,
  quarantined: 0,
  warnings: {},
});

describe('RunReporter', () => {
  it('shows steps in the order of the plan, each as soon as those before it are shown, and what is at work below', () => {
    const said: string[] = [];
    const reporter = new RunReporter((text) => said.push(text.trim().split(/\s+/).slice(0, 2).join(' ')), {
      show: (text) => said.push(`live:${text}`),
      clear: () => said.push('clear'),
    });
    const tables = ['bronze.a', 'bronze.b', 'bronze.c'];
    reporter.hear({ kind: 'run-started', run: 7, tables, parallel: 2, memoryBytes: 1e9 });
    for (const table of tables.slice(0, 2)) reporter.hear({ kind: 'step-started', table, action: 'load' });
    reporter.hear({ kind: 'step-finished', table: 'bronze.b', outcome: outcome(2) });
    reporter.hear({ kind: 'step-finished', table: 'bronze.a', outcome: outcome(1) });
    expect(said.filter((text) => text !== 'clear')).toEqual([
      'run 7',
      'live:  … bronze.a',
      'live:  … bronze.a, bronze.b',
      'live:  … bronze.a',
      'bronze.a 1',
      'bronze.b 2',
    ]);
    // The live line is gone before anything is printed for good, and at the end.
    expect(said.indexOf('bronze.a 1') - 1).toBe(said.lastIndexOf('clear', said.indexOf('bronze.a 1')));
    expect(said.at(-1)).toBe('clear');
  });
});
