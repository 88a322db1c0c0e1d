import { row } from '../markdown.js';
import { DRIFT_CLASSES, type ReconcileReport } from './reconcile-contract.js';

/** The current details of the Temporal Web UI, as Markdown. */
export function reconcileDetails(report: ReconcileReport, doing?: string): string {
  const { account, dryRun, clean, processes, openTasks, silent, incomplete, heldBack, classes, requests } = report;
  const headline = doing ?? (clean ? 'Clean' : dryRun ? '⚠ Drift found' : '⚠ Not all was mended');
  const counts = DRIFT_CLASSES.map((name) => {
    const { found, mended, gone, left } = classes[name];
    return row([name, found, mended, gone, left]);
  });
  return [
    `## ${headline}${dryRun ? ' (dry run)' : ''}${account ? ` · account ${account}` : ''}`,
    '',
    row(['class', 'found', 'mended', 'gone', 'left']),
    '|:---|---:|---:|---:|---:|',
    ...counts,
    '',
    `${processes} processes, ${openTasks} open tasks; at most ${requests.look + (dryRun ? 0 : requests.mend)} requests`,
    ...(silent > 0 ? [`${silent} processes did not answer`] : []),
    ...(heldBack ? [`Temporal does not know the processes of ${heldBack} open tasks: is it the right one?`] : []),
    ...(incomplete ? [`the list of open tasks is incomplete: ${incomplete}`] : []),
  ].join('\n');
}
