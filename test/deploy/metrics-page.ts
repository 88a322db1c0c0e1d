/** What a worker shows Prometheus after a short run in which everything has happened once. */
import { Client, Connection } from '@temporalio/client';
import { Claims } from '../../client/index.js';
import { RECONCILE_WORKFLOW, reconcileId } from '../../workflows/account/reconcile-contract.js';
import { PROCESSES_QUEUE } from '../../workflows/tasks/contract.js';
import { setBackdrop } from '../cli/backdrop.js';
import { portToTell } from '../ports.js';
import { until } from '../until.js';

export async function metricsAfterARun(awaited: readonly string[]): Promise<string> {
  const backdrop = await setBackdrop();
  const connection = await Connection.connect({ address: backdrop.env.TEMPORAL_ADDRESS });
  try {
    const temporal = new Client({ connection });
    const port = await portToTell();
    await backdrop.worker({ METRICS_PORT: String(port), FRAGMENT_REQUESTS_PER_MINUTE: '600' });
    const { tasks } = backdrop.sandbox;
    const claims = new Claims(temporal);
    for (const id of ['done', 'orphaned']) await claims.start({ id, total: { amount: 80_000, currency: 'USD' } });
    const taskOf = (id: string) => until(() => tasks.all().find(({ fields }) => fields.claim_id === id));
    const { uid } = await taskOf('done');
    tasks.apply('PATCH', { uid, status: 'DONE' }, 'ann@example.com');

    // A task that nobody awaits, for reconciliation to find.
    await taskOf('orphaned');
    await temporal.workflow.getHandle('claim-orphaned').terminate();
    // Until Temporal's list knows of that, the task counts as awaited.
    const query = "WorkflowId = 'claim-orphaned' AND ExecutionStatus = 'Running'";
    await until(async () => (await temporal.workflow.count(query)).count === 0);
    const reconcile = { workflowId: reconcileId(), taskQueue: PROCESSES_QUEUE, args: [{ dryRun: true }] };
    await temporal.workflow.execute(RECONCILE_WORKFLOW, reconcile);
    // A workflow task that fails: no worker has such a type.
    await temporal.workflow.start('unheard-of', { workflowId: 'unheard-of', taskQueue: PROCESSES_QUEUE });
    return await until(async () => {
      const page = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
      return awaited.every((name) => page.includes(name)) ? page : undefined;
    });
  } finally {
    await connection.close();
    await backdrop.stop();
  }
}
