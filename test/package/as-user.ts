const PARTS: Record<string, string> = {
  'client/index.js': 'fragment-flows',
  'testing/index.js': 'fragment-flows/testing',
  'worker/index.js': 'fragment-flows/worker',
  'workflows/index.js': 'fragment-flows/workflows',
  'workflows/tasks/index.js': 'fragment-flows/tasks',
};

/** An example as it stands in a project that has the package installed. In this repository it imports the sources instead. */
export function asUser(source: string): string {
  return source.replaceAll(/'\.\.\/\.\.\/([\w/]+\.js)'/g, (whole, path: string) => {
    const part = PARTS[path];
    if (!part) throw new Error(`an example imports ${whole}, which the package does not export`);
    return `'${part}'`;
  });
}
