import { readFileSync } from 'node:fs';

const layers = JSON.parse(readFileSync(new URL('scripts/layers.json', import.meta.url), 'utf8'));
const { program, floors } = layers;

/** One rule a room: nothing on its own floor or above, except itself. */
const roomRules = Object.entries(floors).flatMap(([room, floor]) => {
  const above = Object.entries(floors).filter(([other, otherFloor]) => other !== room && otherFloor >= floor);
  if (above.length === 0) return [];
  return {
    name: `floor-of-${room}`,
    severity: 'error',
    comment: `${room} is on floor ${floor}: it imports from lower floors only (scripts/layers.json)`,
    from: { path: `^${program}/${room}/`, pathNot: '\\.test\\.ts$|\\.test-suite\\.ts$' },
    to: { path: above.map(([other]) => `^${program}/${other}/`) },
  };
});

const packageRules = Object.entries(layers.packages).map(([folder, allowed]) => ({
  name: `package-${folder.split('/')[1]}`,
  severity: 'error',
  comment: `${folder} stands alone (scripts/layers.json)`,
  from: { path: `^${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { pathNot: allowed.map((path) => `^${path}/`) },
}));

export default {
  forbidden: [
    ...roomRules,
    ...packageRules,
    {
      name: 'room-unknown',
      severity: 'error',
      comment: 'A folder of the program that scripts/layers.json does not know',
      from: {},
      to: { path: `^${program}/`, pathNot: Object.keys(floors).map((room) => `^${program}/${room}/`) },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'browser-alone',
      severity: 'error',
      comment: 'What runs in a browser is joined from its own modules: of the rest it knows types',
      from: { path: `^${program}/browser/`, pathNot: '\\.test\\.ts$' },
      to: { pathNot: `^${program}/browser/`, dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      severity: 'error',
      comment: 'A dependency that the package.json beside it does not declare',
      from: { path: '^packages/', pathNot: '\\.test\\.ts$|\\.test-suite\\.ts$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'tests-are-not-code',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$|\\.test-suite\\.ts$|^tests/|^bench/' },
      to: { path: '\\.test\\.ts$|\\.test-suite\\.ts$|^tests/' },
    },
  ],
  options: {
    // Projects of tests, whose files are examples.
    exclude: { path: '/golden/' },
    doNotFollow: { path: 'node_modules|/dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['lakesmith-source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
