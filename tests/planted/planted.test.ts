import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantedBugs } from './bugs.ts';
import { PlantingGround } from './plant.ts';
import { refreshBugs } from './refresh-bugs.ts';
import { refusedBugs } from './refused-bugs.ts';

let ground: PlantingGround;
beforeAll(async () => {
  ground = await PlantingGround.open();
});
afterAll(() => ground.close());

describe('a fault that is planted', () => {
  it.each([...plantedBugs, ...refreshBugs, ...refusedBugs])('$name is found by $caughtBy', async (bug) => {
    const { code, failed } = await ground.plant(bug);
    expect(code).not.toBe(0);
    expect(failed).toBeGreaterThan(0);
  });
});
