import type { SearchAttributeType } from '@temporalio/common';
import type { ParseAnswer, TaskKeys } from '../activities/index.js';
import { LIFECYCLES, taskKey } from '../workflows/tasks/contract.js';
import { formParser, type FormSchemas } from '../workflows/tasks/form.js';

/** A process as the worker has to know it, beside its workflow code. */
export interface ProcessDefinition {
  /** Its workflow type, and the `process` field of its tasks. */
  name: string;
  /** How what people fill in is read: a schema for each step that people do. Without one, being done is all that is learned. */
  answers?: FormSchemas;
  /**
   * The `key` that the workflow of this id gives to TaskSteps; undefined where the id is not one of its form. By it
   * reconciliation tells the process's tasks from forged ones. Absent where the process does not look after its tasks.
   */
  taskKey?: (workflowId: string) => string | undefined;
  /** Its own activities, run by the workers of the processes. */
  activities?: object;
  /** Its own search attributes. */
  searchAttributes?: readonly SearchAttribute[];
}

export interface SearchAttribute {
  name: string;
  type: SearchAttributeType;
}

/** A process without schemas learns that a task is done, and nothing of what was filled in. */
export function parseAnswerOf(processes: readonly ProcessDefinition[]): ParseAnswer {
  const parsers = new Map(processes.map(({ name, answers }) => [name, answers && formParser(answers)]));
  return (process, step, formData) => parsers.get(process)?.(step, formData) ?? { answer: {} };
}

/** Every key of a form that any step of the process reads. */
export function formKeysOf(processes: readonly ProcessDefinition[]): (process: string) => readonly string[] {
  const keys = new Map(
    processes.map(({ name, answers = {} }) => [
      name,
      Object.values(answers).flatMap(({ shape }) => Object.keys(shape)),
    ]),
  );
  return (process) => keys.get(process) ?? [];
}

/** The keys that a process may have made a task's uid from: which lifecycle it runs in is not known. */
export function taskKeysOf(processes: readonly ProcessDefinition[]): TaskKeys {
  const keys = new Map(processes.map(({ name, taskKey: keyOf }) => [name, keyOf]));
  return (process, workflowId, step, round) => {
    const keyOf = keys.get(process);
    if (!keyOf) return undefined;
    const key = keyOf(workflowId);
    return key === undefined ? [] : LIFECYCLES.map((lifecycle) => taskKey(key, lifecycle, step, round));
  };
}

/** @throws where two processes go by one name: the answers of one would be read by the schemas of the other. */
export function assertDistinct(processes: readonly ProcessDefinition[]): void {
  const names = processes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`two process definitions are called ${twice}: give one of them another name`);
}
