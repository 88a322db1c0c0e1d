/**
 * `npm run record-histories`: plays every case on a Temporal dev server and keeps its history under the version of
 * package.json, in the place of what was recorded of that version before. Histories of other versions stay as they are:
 * processes that were started by them may still run. With `-- --new`, what is there of this version stays too, and only cases
 * that were not recorded yet are kept.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile, readFile } from 'node:fs/promises';
import type { Duration } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findTemporal } from '../../worker/embedded/temporal.js';
import { SEARCH_ATTRIBUTES } from '../../worker/search-attributes.js';
import { quiet } from '../../testing/quiet.js';
import { stageOn } from '../time-skipping-stage.js';
import { playFeed, playLease, playReconcile, quietFeed, smallReconcile } from './account-cases.js';
import { playClaims, playOnboarding } from './cases.js';
import { HISTORIES } from './histories.js';

const onlyNew = process.argv.includes('--new');

/** Events after which the server asks to continue as new; by default 4,096, which the feed reaches in hours. */
const CONTINUE_AFTER = 60;

const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const directory = `${HISTORIES}${version}/`;

quiet();
const environment = await TestWorkflowEnvironment.createLocal({
  server: {
    executable: { type: 'existing-path', path: await findTemporal() },
    searchAttributes: [...SEARCH_ATTRIBUTES],
    extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${CONTINUE_AFTER}`],
  },
});
const server = {
  address: environment.address,
  skip: (duration: Duration) => environment.sleep(duration),
  stop: () => environment.teardown(),
};
const stage = await stageOn(server, { ...quietFeed, ...smallReconcile });
try {
  const recordings = [
    ...(await playClaims(stage)),
    ...(await playOnboarding(stage)),
    ...(await playReconcile(stage)),
    ...(await playLease(stage, server.address)),
    ...(await playFeed(stage)),
  ];
  if (!onlyNew) await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const { name, workflowId, runId } of recordings) {
    if (existsSync(`${directory}${name}.json`)) continue;
    const history = await stage.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    await writeFile(`${directory}${name}.json`, `${JSON.stringify(scrubbed(historyToJSON(history)), null, 1)}\n`);
    process.stdout.write(`${version}/${name}: ${history.events?.length} events\n`);
  }
} finally {
  await stage.stop();
}

/** Stack traces name this machine's paths, and a replay does not look at them. */
function scrubbed(history: string): unknown {
  return JSON.parse(history, (key, value: unknown) => (key === 'stackTrace' ? undefined : value));
}
