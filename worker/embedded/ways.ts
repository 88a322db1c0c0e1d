export interface Way {
  name: string;
  find: () => Promise<string>;
}

/** Tries the ways in order; if none works the error tells what each of them said, so that one look shows what to mend. */
export async function firstWay(what: string, ways: Way[], remedy: string): Promise<string> {
  const said: string[] = [];
  for (const way of ways) {
    try {
      return await way.find();
    } catch (error) {
      said.push(`  - ${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`${what} was not found and could not be installed. Tried:\n${said.join('\n')}\nRemedy: ${remedy}.`);
}

export interface Search {
  /** Default: `.cache` of the project. */
  cache?: string;
  /** Default: the environment of this process. */
  env?: NodeJS.ProcessEnv;
}
