import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runBounded } from './bounded-command.js';
import { installOnce, mustBeExecutable, projectCache } from './cache.js';
import { sdkDownload } from './sdk-download.js';
import { firstWay, type Search } from './ways.js';

const MAVEN_VERSION = '1.38.0';

/** Finds the time-skipping test server, or installs it into the project's cache; answers the path of its executable. */
export async function findTestServer({ cache = projectCache(), env = process.env }: Search = {}): Promise<string> {
  const sdk = join(cache, 'temporal-test-server-sdk');
  const maven = join(cache, 'temporal-test-server');
  const withJava = async (script: string): Promise<string> => {
    await mustBeExecutable(script);
    await runBounded({ command: 'java', args: ['-version'], boundMs: 15_000, env });
    return script;
  };
  return firstWay(
    'The Temporal test server (time skipping)',
    [
      { name: 'TEMPORAL_TEST_SERVER_PATH', find: () => fromVariable(env) },
      { name: `earlier copy in ${sdk}`, find: () => mustBeExecutable(join(sdk, 'temporal-test-server')) },
      { name: `earlier copy in ${maven}`, find: () => withJava(join(maven, 'run')) },
      {
        name: "the SDK's own download",
        find: () =>
          installOnce(sdk, 'temporal-test-server', (staging) =>
            sdkDownload('createTimeSkipping', staging, 'temporal-test-server', env),
          ),
      },
      {
        name: `Maven io.temporal:temporal-test-server:${MAVEN_VERSION}`,
        find: async () => withJava(await installOnce(maven, 'run', (staging) => mavenInstall(staging, env))),
      },
    ],
    'set TEMPORAL_TEST_SERVER_PATH to the test server, or install Java and Maven',
  );
}

async function fromVariable(env: NodeJS.ProcessEnv): Promise<string> {
  const path = env['TEMPORAL_TEST_SERVER_PATH'];
  if (!path) throw new Error('not set');
  try {
    return await mustBeExecutable(path);
  } catch (error) {
    // Set on purpose and broken: whoever set it must not believe that it is in use.
    process.emitWarning(`TEMPORAL_TEST_SERVER_PATH=${path} is passed over: ${String(error)}`);
    throw error;
  }
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>temporal-test-server-copy</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${MAVEN_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/** The SDK starts the executable with the port as its only argument. The path of lib is taken from the script's own
 * place, because the directory is moved after the installation; java itself expands the asterisk. */
const script = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
exec java -cp "$here/lib/*" io.temporal.testserver.TestServer "$1"
`;

async function mavenInstall(directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  const pomFile = join(directory, 'pom.xml');
  await writeFile(pomFile, pom);
  const args = ['-q', '-B', '-f', pomFile, 'dependency:copy-dependencies'];
  args.push('-DincludeScope=runtime', `-DoutputDirectory=${join(directory, 'lib')}`);
  await runBounded({ command: 'mvn', args, boundMs: 180_000, env });
  await writeFile(join(directory, 'run'), script);
  await chmod(join(directory, 'run'), 0o755);
}
