import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Worker, bundleWorkflowCode, type ReplayWorkerOptions } from '@temporalio/worker';
import { quiet } from '../../testing/quiet.js';
import { interceptorModules } from '../../worker/bundle.js';
import * as workflows from '../../workflows/index.js';
import * as contract from '../../workflows/tasks/contract.js';
import { workflowBundle } from '../stage.js';
import { recordedHistories, type RecordedHistory } from './histories.js';

/** What ran before a deployment goes on after it: the workflows of today replay what earlier ones recorded. */
describe('recorded histories', function () {
  this.timeout(120_000);
  let histories: RecordedHistory[];
  before(async () => {
    quiet();
    histories = await recordedHistories();
  });

  it('71: replay on the workflows as they are', async () => {
    assert.ok(histories.length > 20, `${histories.length} histories; record them: npm run record-histories`);
    assert.deepEqual(await failuresOf({ workflowBundle: await workflowBundle() }, histories), []);
  });

  it('71: are of every workflow, and of every Update that a process takes', () => {
    const types = new Set<string>();
    const updates = new Set<string>();
    for (const { text } of histories) {
      const { events } = JSON.parse(text) as { events: RecordedEvent[] };
      for (const event of events) {
        const type = event.workflowExecutionStartedEventAttributes?.workflowType?.name;
        const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name;
        if (type) types.add(type);
        if (update) updates.add(update);
      }
    }
    assert.deepEqual(types, new Set(Object.keys(workflows)));
    const named = Object.values<unknown>(contract).filter((each) => (each as { type?: string })?.type === 'update');
    assert.deepEqual(updates, new Set(named.map((each) => (each as { name: string }).name)));
  });

  it('71: replay with tracing on, though it was off when they were recorded', async () => {
    const traced = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
      workflowInterceptorModules: interceptorModules({ traced: true }),
      logger: new DefaultLogger('WARN'),
    });
    const sinks = { exporter: { export: { fn: () => undefined } } };
    assert.deepEqual(await failuresOf({ workflowBundle: traced, sinks }, histories), []);
  });

  it('71: an incompatible change is caught', async () => {
    const claims = histories.filter(({ name }) => name.includes('/claim-'));
    const failures = await failuresOf(await bundled('incompatible-workflow.ts'), claims);
    assert.equal(failures.length, claims.length);
    for (const failure of failures) assert.match(failure, /DeterminismViolation|Nondeterminism/);
  });

  it('71: the same change behind patched() is none for those who came past it before', async () => {
    const claims = histories.filter(({ name }) => name.includes('/claim-'));
    assert.deepEqual(await failuresOf(await bundled('patched-workflow.ts'), claims), []);
  });

  it('77: name no machine, and hold no path of one', () => {
    const telling = [`"${hostname()}`, `@${hostname()}`, process.cwd(), '"stackTrace"'];
    for (const { name, text: encoded } of histories) {
      const text = encoded.replaceAll(/"data": "([^"]*)"/g, (_, data: string) =>
        Buffer.from(data, 'base64').toString(),
      );
      assert.deepEqual(
        telling.filter((words) => text.includes(words)),
        [],
        name,
      );
      for (const [, identity] of text.matchAll(/"identity": "([^"]*)"/g)) {
        assert.ok(['test', 'history-service', 'temporal-system'].includes(String(identity)), `${name}: ${identity}`);
      }
    }
  });
});

interface RecordedEvent {
  workflowExecutionStartedEventAttributes?: { workflowType?: { name?: string } };
  workflowExecutionUpdateAcceptedEventAttributes?: { acceptedRequest?: { input?: { name?: string } } };
}

async function bundled(module: string): Promise<ReplayWorkerOptions> {
  const workflowsPath = fileURLToPath(new URL(module, import.meta.url));
  return { workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') }) };
}

async function failuresOf(options: ReplayWorkerOptions, histories: RecordedHistory[]): Promise<string[]> {
  const failures: string[] = [];
  const each = histories.map(({ name, text }) => ({ workflowId: name, history: JSON.parse(text) as unknown }));
  for await (const { workflowId, error } of Worker.runReplayHistories(options, each)) {
    if (error) failures.push(`${workflowId}: ${error.name}: ${error.message}`);
  }
  return failures;
}
