/** How a run brings a table up to date: by what changed, or in full; 'same' where what changed left no row otherwise. */
export type Way = 'same' | 'keyed' | 'fold' | 'full';

/** How the questions of TPC-H are brought up to date, and why in full where they are. */
export interface QuestionWay {
  /** When orders and their lines change, as TPC-H changes them. Undefined: it reads neither. */
  readonly orders?: Way;
  /** When every table changes. */
  readonly all: Way;
  readonly why?: string;
}

/** Of data so small, some questions are left as they are by what changed. */
export const tpchWays: Readonly<Record<string, QuestionWay>> = {
  q01: { orders: 'keyed', all: 'keyed' },
  q02: {
    all: 'full',
    why: 'the row of a part and a supplier hangs on the cheapest of all suppliers of a region, none of which it shows',
  },
  q03: { orders: 'same', all: 'same' },
  q04: { orders: 'same', all: 'same' },
  q05: { orders: 'same', all: 'fold' },
  q06: { orders: 'fold', all: 'fold' },
  q07: { orders: 'fold', all: 'fold' },
  q08: { orders: 'same', all: 'fold' },
  q09: { orders: 'fold', all: 'fold' },
  q10: { orders: 'fold', all: 'fold' },
  q11: { all: 'full', why: 'each group is compared with a total of all groups' },
  q12: { orders: 'fold', all: 'fold' },
  q13: { orders: 'fold', all: 'fold' },
  q14: { orders: 'full', all: 'full', why: 'it divides two totals that it does not show' },
  q15: { orders: 'full', all: 'full', why: 'each group is compared with the largest of all groups' },
  q16: { all: 'full', why: '`not in` hangs on all suppliers: one NULL among them takes every row away' },
  q17: { orders: 'full', all: 'full', why: 'it divides a total that it does not show' },
  q18: { orders: 'same', all: 'same' },
  q19: { orders: 'fold', all: 'fold' },
  q20: { orders: 'same', all: 'full', why: 'no column of it says which parts a supplier is there for' },
  q21: { orders: 'same', all: 'fold' },
  q22: { orders: 'same', all: 'full', why: 'each customer is compared with the mean of all customers' },
};
