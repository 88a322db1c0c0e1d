/** What tests of a process stand on: under time skipping with Fragment in memory, or on a real server with the sandbox. */
export { startTimeSkipping, type TimeSkipping, type TimeSkippingOptions } from './time-skipping.js';
export { startLocalStage, type LocalStage, type LocalStageOptions } from './local-stage.js';
export { InMemoryFragment, type Call, type Interference, type MemoryTask } from './in-memory-fragment.js';
export { ProcessUnderTest, type AtStep } from './process-under-test.js';
export { quiet } from './quiet.js';
export { type PeopleScript, type Work } from './scripted-people.js';
export { startTestServer, type TestServer } from './test-server.js';
export { startSandbox, type Sandbox, type SandboxOptions } from '../sandbox/server.js';
export type { Scripted, TeamScript } from '../sandbox/team.js';
export { startDevServer, type DevServer, type DevServerOptions } from '../worker/embedded/temporal.js';
