import { plantedBugs } from './bugs.ts';
import type { PlantedBug } from './plant.ts';
import { proofBugs } from './proof-bugs.ts';
import { refreshBugs } from './refresh-bugs.ts';
import { refusedBugs } from './refused-bugs.ts';
import { tableBugs } from './table-bugs.ts';

/** Every fault that is planted. */
export const allBugs: readonly PlantedBug[] = [
  ...plantedBugs,
  ...proofBugs,
  ...refreshBugs,
  ...refusedBugs,
  ...tableBugs,
];
