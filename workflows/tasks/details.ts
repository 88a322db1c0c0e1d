import type { ProcessState, StepState } from './contract.js';

/** The current details of the Temporal Web UI: where the process stands, as Markdown. */
export function details(state: ProcessState, taskUrl?: string): string {
  const lines = [
    headline(state),
    '',
    '| step | round | state | by | since | due | task |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const step of state.steps) {
    const cells = [
      step.step,
      step.round,
      status(step),
      step.by ?? '',
      short(step.since),
      short(step.due),
      link(step, taskUrl),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

function headline(state: ProcessState): string {
  if (state.outcome) return `**${state.outcome}**`;
  if (state.needsAttention) return `**Needs attention:** ${plain(state.needsAttention)}`;
  if (state.withdrawing) return `**Being withdrawn:** ${plain(state.withdrawing)}`;
  if (state.paused) return `**Paused:** ${plain(state.paused)}`;
  return state.step ? `At **${state.step}**` : 'Starting';
}

function status(step: StepState): string {
  const decision = step.decision ? `: ${step.decision}` : '';
  return plain(step.problem ? `${step.status}: ${step.problem}` : step.status + decision);
}

function link(step: StepState, taskUrl?: string): string {
  if (!step.uid) return '';
  const text = step.uid.slice(0, 8);
  return taskUrl ? `[${text}](${taskUrl.replace('{uid}', step.uid)})` : text;
}

/** Text that came from people or servers must not break the table. */
const plain = (text: string): string => text.replaceAll('|', '/').replace(/\s+/g, ' ').slice(0, 300);
const short = (at?: string): string => (at ? at.slice(0, 16).replace('T', ' ') : '');
