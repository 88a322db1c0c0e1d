#!/usr/bin/env node
import { reportFailure } from './failure.js';
import { flowsProgram } from './program.js';

// `flows claim list | head` closes the pipe early, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await flowsProgram().parseAsync();
} catch (error) {
  reportFailure(error);
  // What a failure left open, a half-made worker above all, must not keep the process.
  setTimeout(() => process.exit(), 2_000).unref();
}
