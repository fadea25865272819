/** Folder direction of the client: protocol <- sync <- kit <- apps, and apps are strangers. */
const apps = '^(board|driver|wallboard)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'protocol-knows-nobody',
      severity: 'error',
      from: { path: '^protocol/' },
      to: { path: '^(sync|kit|board|driver|wallboard)/' },
    },
    {
      name: 'sync-knows-only-the-protocol',
      severity: 'error',
      from: { path: '^sync/' },
      to: { path: '^(kit|board|driver|wallboard)/' },
    },
    {
      name: 'sync-has-no-framework',
      severity: 'error',
      from: { path: '^sync/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/(svelte|bits-ui|idb|tinykeys|@lucide)/' },
    },
    {
      name: 'kit-knows-no-app',
      severity: 'error',
      from: { path: '^kit/' },
      to: { path: apps },
    },
    {
      name: 'apps-are-strangers',
      severity: 'error',
      from: { path: '^(board|driver|wallboard)/' },
      to: { path: apps, pathNot: '^$1/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-what-exists',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'browser', 'import', 'types', 'default'],
      extensions: ['.ts', '.js', '.svelte', '.json'],
    },
  },
};
