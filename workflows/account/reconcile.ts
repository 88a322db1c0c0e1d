import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { DriftClass } from '../../activities/drift.js';
import type { Drift, ReconcileActivities } from '../../activities/reconcile.js';
import type { Mended } from '../../activities/reconcile-mend.js';
import { fragmentActivity } from '../tasks/fragment-activities.js';
import { DRIFT_CLASSES, type ReconcileInput, type ReconcileItem, type ReconcileReport } from './reconcile-contract.js';
import { PROCESSES_A_PAGE, TOGETHER, requestsFor } from './reconcile-cost.js';
import { reconcileDetails } from './reconcile-details.js';

/** Items of each class in the report: seven classes of them stay far below a payload's limit. */
const ITEMS_A_CLASS = 50;
/** Of a quarter of a million open tasks: two hours of an account's reading, and half of what a history may hold. */
const MAX_OPEN_PAGES = 2_500;
/** A list of all tasks that was ever made has an end, but not one worth waiting for. */
const MAX_PAGES = 500;
/**
 * Tasks whose process Temporal does not know are closed only while they are few: many of them mean that we are asking the
 * wrong Temporal (another namespace, one that was set up anew).
 */
const UNFOUNDED_TASKS = 10;
const UNFOUNDED_SHARE = 0.2;

/** Compares the tasks that an account's running processes wait for with those that exist, and mends what differs. */
export async function reconcile({ account, dryRun = false, force = false, graceMs = 10_000 }: ReconcileInput = {}) {
  const { compareAwaited, compareOpen, mendDrifts } = proxyActivities<ReconcileActivities>({
    ...fragmentActivity(account),
    // Reads of missing tasks and comments go one by one, and take their turn with everybody's writes.
    startToCloseTimeout: '2 hours',
    heartbeatTimeout: '10 minutes',
  });
  const report: ReconcileReport = {
    ...(account ? { account } : {}),
    dryRun,
    clean: false,
    processes: 0,
    silent: 0,
    openTasks: 0,
    fresh: 0,
    classes: Object.fromEntries(
      DRIFT_CLASSES.map((name) => [name, { found: 0, mended: 0, gone: 0, left: 0 }]),
    ) as ReconcileReport['classes'],
    items: [],
    requests: { look: 0, mend: 0 },
  };
  const suspects: Drift[] = [];
  let reads = 0;
  let listed = 0;
  let lists = 0;

  await lookAtAwaited();
  await lookAtOpen();
  const closings = suspects.filter(({ remedy }) => remedy === 'close').length;
  const found = countBy(suspects);
  report.requests = requestsFor({ reads, listed, lists, found, closings });

  const unfounded = suspects.filter((suspect) => suspect.unfounded).length;
  const tooMany = !force && unfounded > Math.max(UNFOUNDED_TASKS, UNFOUNDED_SHARE * report.openTasks);
  const mendable: Drift[] = [];
  for (const suspect of suspects) {
    if (suspect.remedy === 'none') enter(suspect, { outcome: 'left', done: 'reported only' });
    else if (tooMany && suspect.unfounded) enter(suspect, { outcome: 'left', done: `too many at once: ${unfounded}` });
    else if (dryRun) enter(suspect, { outcome: 'proposed', done: PROPOSALS[suspect.remedy] });
    else mendable.push(suspect);
  }
  if (tooMany) report.heldBack = unfounded;
  await mendAll(mendable);

  const left = Object.values(report.classes).reduce((sum, count) => sum + count.left, 0);
  report.clean = left === 0 && report.silent === 0 && !report.incomplete;
  show();
  return report;

  async function lookAtAwaited(): Promise<void> {
    let after: string | undefined;
    do {
      show(`Asking processes: ${report.processes} so far`);
      const input = { size: PROCESSES_A_PAGE, after, graceMs };
      const page = await compareAwaited.executeWithOptions({ summary: 'compare awaited tasks' }, [input]);
      report.processes += page.processes;
      reads += Math.ceil(page.processes / TOGETHER);
      report.silent += page.silent;
      report.fresh += page.fresh;
      suspects.push(...page.drifts);
      after = page.next;
    } while (after);
  }

  /** By status where Fragment filters by it, else everything that it lists. */
  async function lookAtOpen(): Promise<void> {
    const byStatus = ['TODO', 'STARTED'].map((status) => ({ status, limit: TOGETHER }));
    let refused: string | undefined;
    for (const way of [byStatus, [{ limit: TOGETHER }], [{}]]) {
      refused = undefined;
      for (const filter of way) refused ??= await lookAtList(filter);
      if (!refused) return;
    }
    report.incomplete = refused;
  }

  async function lookAtList(filter: { status?: string; limit?: number }): Promise<string | undefined> {
    const cursors = new Set<string>();
    const maxPages = filter.status ? MAX_OPEN_PAGES : MAX_PAGES;
    let cursor: string | undefined;
    lists += 1;
    do {
      show(`Looking through open tasks: ${report.openTasks} so far`);
      const summary = `list open tasks ${filter.status ?? ''}`;
      const page = await compareOpen.executeWithOptions({ summary }, [{ filter, cursor }]);
      if (page.refused) return page.refused;
      listed += page.listed;
      report.openTasks += page.open;
      const known = new Set(suspects.map(({ uid }) => uid));
      suspects.push(...page.drifts.filter(({ uid }) => !known.has(uid)));
      cursor = page.next;
      if (cursor && (cursors.has(cursor) || cursors.size >= maxPages)) {
        const why = cursors.has(cursor) ? 'its cursor was not understood' : `it has more than ${maxPages} pages`;
        report.incomplete = why;
        return undefined;
      }
      if (cursor) cursors.add(cursor);
    } while (cursor);
    return undefined;
  }

  async function mendAll(drifted: readonly Drift[]): Promise<void> {
    for (let from = 0; from < drifted.length; from += TOGETHER) {
      show(`Mending: ${from} of ${drifted.length}`);
      const drifts = drifted.slice(from, from + TOGETHER);
      const mended = await mendDrifts.executeWithOptions({ summary: `mend ${drifts.length} tasks` }, [{ drifts }]);
      for (const [index, drift] of drifts.entries()) enter(drift, mended[index] as Mended);
    }
  }

  function enter(drift: Drift, { outcome, done }: Pick<ReconcileItem, 'outcome' | 'done'>): void {
    const { kind, uid, workflowId, is, should } = drift;
    const count = report.classes[kind];
    if (count.found < ITEMS_A_CLASS) report.items.push({ class: kind, uid, workflowId, is, should, outcome, done });
    count.found += 1;
    count[outcome === 'proposed' ? 'left' : outcome] += 1;
  }

  function show(doing?: string): void {
    setCurrentDetails(reconcileDetails(report, doing));
  }
}

const PROPOSALS = {
  tell: 'would tell the process',
  close: 'would close it, with a comment',
  rewrite: "would write the process's fields again",
};

function countBy(drifts: readonly Drift[]): Record<DriftClass, number> {
  const found = Object.fromEntries(DRIFT_CLASSES.map((name) => [name, 0])) as Record<DriftClass, number>;
  for (const { kind } of drifts) found[kind] += 1;
  return found;
}
