import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlantingGround } from './plant.ts';
import { allBugs } from './all-bugs.ts';

let ground: PlantingGround;
beforeAll(async () => {
  ground = await PlantingGround.open();
});
afterAll(() => ground.close());

describe('a fault that is planted', () => {
  it.each(allBugs)('$name is found by $caughtBy', async (bug) => {
    const { code, failed } = await ground.plant(bug);
    expect(code).not.toBe(0);
    expect(failed).toBeGreaterThan(0);
  });
});
