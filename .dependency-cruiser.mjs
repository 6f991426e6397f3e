// The rooms of lib/: an import points to the same room or to one further down, and no chain of imports is a circle.
// Imports of types count. `npm run lint` checks it.

/** From top to bottom. The producer and the consumer stand side by side and do not know each other. */
const FLOORS = [['index'], ['producer', 'consumer'], ['connection'], ['image'], ['addon'], ['base']];

const pathOf = (room) => (room === 'index' ? '^lib/index\\.ts$' : `^lib/${room}/`);

/** No room imports from its own floor, except from itself, nor from one above. */
const rooms = FLOORS.slice(1).flatMap((floor, index) =>
  floor.map((room) => ({
    name: `${room}-imports-downward`,
    comment: `lib/${room} may import only from itself and from the rooms below it`,
    severity: 'error',
    from: { path: pathOf(room) },
    to: {
      path: FLOORS.slice(0, index + 2)
        .flat()
        .filter((other) => other !== room)
        .map(pathOf),
    },
  })),
);

const config = {
  forbidden: [
    ...rooms,
    {
      name: 'no-circle',
      comment: 'an import, of a type too, leads back to the file that it stands in',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every-file-has-a-room',
      comment: 'a file of lib/ belongs to one of the folders that .dependency-cruiser.mjs names',
      severity: 'error',
      from: {},
      to: { path: '^lib/', pathNot: FLOORS.flat().map(pathOf) },
    },
    {
      name: 'only-node-and-lib',
      comment: 'lib/ imports nothing but itself and modules of Node',
      severity: 'error',
      from: { path: '^lib/' },
      to: { pathNot: '^lib/', dependencyTypesNot: ['core'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // dependency-cruiser does not know TypeScript 7; swc parses for it, and sees imports of types as well.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};

export default config;
