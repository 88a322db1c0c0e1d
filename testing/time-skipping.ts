import { Client, Connection } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkflowSource } from '../worker/bundle.js';
import type { ProcessDefinition } from '../worker/process-definition.js';
import { SEARCH_ATTRIBUTES, addSearchAttributes } from '../worker/search-attributes.js';
import { FRAGMENT_QUEUE, PROCESSES_QUEUE } from '../workflows/tasks/contract.js';
import { InMemoryFragment } from './in-memory-fragment.js';
import { ProcessUnderTest } from './process-under-test.js';
import { quiet } from './quiet.js';
import { scriptedPeople, type PeopleScript } from './scripted-people.js';
import { startTestServer, type TestServer } from './test-server.js';

export interface TimeSkippingOptions {
  /** Their activities are run as they are given here: hand in ones that need no HTTP. */
  processes: readonly ProcessDefinition[];
  /** As the worker's: a module that exports the workflows, or a bundle of it. */
  workflows: WorkflowSource;
  /** Default: a time-skipping server of its own. On a server that does not skip, `skip` takes as long as it says. */
  server?: TestServer;
  fragment?: InMemoryFragment;
  /** Further activities of the Fragment queue, for a test that runs more than processes. */
  fragmentActivities?: object;
}

export interface TimeSkipping {
  temporal: Client;
  fragment: InMemoryFragment;
  start<Step extends string, Result>(
    type: string,
    options: { workflowId: string; args: unknown[] },
  ): Promise<ProcessUnderTest<Step, Result>>;
  /** People who do what the script says as soon as there is a task; answers the function that sends them home. */
  people(script: PeopleScript): () => void;
  /** Lets time pass; what falls due meanwhile has happened when this returns. */
  skip(duration: Duration): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The workflows as they are, on Temporal's time-skipping server: days pass when a test says so. Fragment is in memory, since
 * time cannot be skipped over HTTP; the activities above it are the real ones. There is no change feed: people are
 * `finish` of the process or `people`, which tell the process themselves.
 */
export async function startTimeSkipping(options: TimeSkippingOptions): Promise<TimeSkipping> {
  const { processes, workflows, fragment = new InMemoryFragment(processes) } = options;
  quiet();
  const server = options.server ?? (await startTestServer());
  const { address } = server;
  const undo: (() => Promise<unknown>)[] = [() => server.stop()];
  try {
    const connection = await Connection.connect({ address });
    undo.unshift(() => connection.close());
    const nativeConnection = await NativeConnection.connect({ address });
    undo.unshift(() => nativeConnection.close());
    const temporal = new Client({ connection, identity: 'test' });
    const own = processes.flatMap(({ searchAttributes = [] }) => searchAttributes);
    await addSearchAttributes(temporal, [...SEARCH_ATTRIBUTES, ...own]);
    const shared = { connection: nativeConnection, identity: 'test', shutdownGraceTime: '1s' as const };
    const activities = Object.assign({}, ...processes.map((each) => each.activities)) as object;
    const workers = [
      await Worker.create({
        ...shared,
        ...workflows,
        taskQueue: PROCESSES_QUEUE,
        activities: fragment.recorded(activities),
      }),
      await Worker.create({
        ...shared,
        taskQueue: FRAGMENT_QUEUE,
        activities: { ...fragment.activities, ...options.fragmentActivities },
      }),
    ];
    const runs = workers.map((worker) => worker.run());
    return {
      temporal,
      fragment,
      async start<Step extends string, Result>(type: string, how: { workflowId: string; args: unknown[] }) {
        const handle = await temporal.workflow.start(type, { taskQueue: PROCESSES_QUEUE, ...how });
        return new ProcessUnderTest<Step, Result>(handle, fragment);
      },
      people: (script) => scriptedPeople(fragment, temporal, script),
      skip: (duration) => server.skip(duration),
      async stop() {
        for (const worker of workers) worker.shutdown();
        await Promise.all(runs);
        for (const step of undo) await step();
      },
    };
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
}
