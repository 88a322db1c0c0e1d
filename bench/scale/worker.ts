/** The CLI, in a process that says how busy it is. */
import { sayHowBusy } from './event-loop.js';

sayHowBusy();
await import('../../cli/main.js');
