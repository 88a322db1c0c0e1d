import assert from 'node:assert/strict';
import { taskUid } from '../../fragment/uid.js';
import { reconcileId, type ReconcileReport } from '../../workflows/account/reconcile-contract.js';
import type { ProcessState } from '../../workflows/tasks/contract.js';
import { flows, startFlows } from '../cli/flows.js';
import { setStage, type Stage } from '../stage.js';
import { until } from '../until.js';

describe('flows reconcile', function () {
  this.timeout(180_000);
  let stage: Stage;
  before(async () => {
    stage = await setStage({ feed: false, payments: false, team: false });
    const handle = await stage.startClaim({ id: 'c', total: { amount: 10_000, currency: 'USD' } });
    await until(async () => (await handle.query<ProcessState>('state')).steps[0]?.status === 'waiting');
    await until(async () => (await stage.temporal.workflow.count('FragmentTasks IS NOT NULL')).count === 1);
  });
  after(() => stage?.stop());

  async function reconcile(...args: string[]) {
    const env = { TEMPORAL_ADDRESS: stage.address };
    const { code, stdout: out, stderr: err } = await flows(['reconcile', ...args], { env });
    return { out, err, code };
  }

  const uid = taskUid('claim#c#data_entry#1');
  const edit = () => stage.sandbox.tasks.apply('PATCH', { uid, fields: { title: 'Mrs Jane Doe' } });

  it('exits 0 where nothing differs', async () => {
    const { out, code } = await reconcile('--dry-run');
    assert.match(out, /1 processes hold a task; 1 open tasks are ours/);
    assert.match(out, /^clean$/m);
    assert.equal(code, 0);
  });

  it('53: proposes and exits 1, then mends and exits 0', async () => {
    edit();
    const proposed = await reconcile('--dry-run');
    assert.equal(proposed.code, 1);
    assert.match(proposed.out, new RegExp(`stale_fields +${uid} +claim-c +edited: .*title.* would write`));
    assert.doesNotMatch(proposed.out + proposed.err, /Jane/);
    assert.equal(stage.sandbox.tasks.get(uid)?.fields.title, 'Mrs Jane Doe');

    const mended = await reconcile('--json');
    const report = JSON.parse(mended.out) as ReconcileReport;
    assert.deepEqual([mended.code, report.clean, report.classes.stale_fields.mended], [0, true, 1]);
    assert.match(String(stage.sandbox.tasks.get(uid)?.fields.title), /claim c/);
  });

  it('shows the table in the Web UI', async () => {
    edit();
    assert.equal((await reconcile()).code, 0);
    const { raw } = await stage.temporal.workflow.getHandle('reconcile').describe();
    assert.ok(raw);
    const metadata = await stage.temporal.workflow
      .getHandle('reconcile')
      .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    assert.match(String(metadata.currentDetails), /\| stale_fields\s+\| 1\s+\| 1\s+\| 0\s+\| 0 \|/);
  });

  it('makes, changes and ends a schedule whose runs do not overlap', async () => {
    const made = await reconcile('--schedule', 'every 1h', '--dry-run');
    assert.match(made.out, /created/);
    const changed = await reconcile('--schedule', '30m', '--json');
    assert.deepEqual(JSON.parse(changed.out), { scheduleId: reconcileId(), created: false });
    const schedule = stage.temporal.schedule.getHandle(reconcileId());
    const { spec, policies, action } = await schedule.describe();
    assert.deepEqual(
      spec.intervals?.map(({ every }) => every),
      [1_800_000],
    );
    assert.deepEqual([policies.overlap, action.args], ['SKIP', [{}]]);

    await schedule.trigger();
    await until(async () => {
      const query =
        "WorkflowType = 'reconcile' AND ExecutionStatus = 'Completed' AND WorkflowId STARTS_WITH 'reconcile-'";
      // Two, where the half hour has just struck.
      return (await stage.temporal.workflow.count(query)).count >= 1;
    });

    assert.match((await reconcile('--unschedule')).out, /ended/);
    assert.match((await reconcile('--unschedule')).out, /there is none/);
  });

  it('says what it waits for where nobody sends for the account', async () => {
    const waiting = startFlows(['reconcile', '--account', 'nobodys'], { env: { TEMPORAL_ADDRESS: stage.address } });
    try {
      await waiting.printed(/nobody sends for nobodys, so it waits: no gateway was ever started/);
    } finally {
      await waiting.stop('SIGKILL');
    }
  });

  it('refuses an interval that is none, with exit code 2', async () => {
    for (const interval of ['hourly', 'every 0h', '1h30']) {
      const { code, err } = await reconcile('--schedule', interval);
      assert.equal(code, 2);
      assert.match(err, /every 1h/);
    }
  });

  it('says in its help what the exit codes mean', async () => {
    assert.match((await reconcile('--help')).out, /1 drift was found and not mended/);
  });
});
