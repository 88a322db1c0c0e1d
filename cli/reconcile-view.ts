import { DRIFT_CLASSES, type ReconcileReport } from '../workflows/account/reconcile-contract.js';
import { table } from './output.js';

/** A report for the terminal: what was looked at, each class's count, a line for each item. */
export function reconcileView(report: ReconcileReport): string {
  const { account, classes, items, requests, dryRun, clean } = report;
  const counts = DRIFT_CLASSES.map((name) => {
    const { found, mended, gone, left } = classes[name];
    return [name, ...[found, mended, gone, left].map(String)];
  });
  const lines = items.map((item) => [item.class, item.uid, item.workflowId, item.is, item.should, item.done]);
  const more = DRIFT_CLASSES.flatMap((name) => {
    const hidden = classes[name].found - items.filter((item) => item.class === name).length;
    return hidden > 0 ? [`${hidden} more ${name}`] : [];
  });
  return [
    `${account ? `account ${account}: ` : ''}${report.processes} processes hold a task; ${report.openTasks} open tasks are ours`,
    table([['CLASS', 'FOUND', 'MENDED', 'GONE', 'LEFT'], ...counts]),
    ...(lines.length > 0 ? [table([['CLASS', 'TASK', 'PROCESS', 'IS', 'SHOULD BE', 'DONE'], ...lines])] : []),
    ...(more.length > 0 ? [`not shown: ${more.join(', ')}`] : []),
    ...remarks(report),
    `requests: at most ${requests.look} to look, ${requests.mend} to mend`,
    clean ? 'clean' : dryRun ? 'drift found; nothing was changed (dry run)' : 'not clean',
  ].join('\n\n');
}

function remarks({ silent, fresh, incomplete, heldBack }: ReconcileReport): string[] {
  return [
    ...(silent > 0 ? [`${silent} processes did not answer, and their tasks were not judged`] : []),
    ...(fresh > 0 ? [`${fresh} tasks were completed a moment ago and left to the change feed`] : []),
    ...(incomplete ? [`the list of open tasks was not seen to its end: ${incomplete}`] : []),
    ...(heldBack
      ? [`${heldBack} orphans left open: Temporal does not know their processes. If this is the right one, add --force`]
      : []),
  ];
}
