/** Temporal's time-skipping test server. Started here and not by the SDK, which gives it five seconds: too few for Java on a busy machine. */
import { setTimeout as pause } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { InternalConnectionOptionsSymbol, type InternalConnectionOptions } from '@temporalio/client/lib/connection.js';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Duration } from '@temporalio/common';
import { startOwned, type OwnedProcess } from '../worker/embedded/owned-process.js';
import { freePort } from '../worker/embedded/ports.js';
import { findTestServer } from '../worker/embedded/test-server.js';

export interface TestServer {
  address: string;
  /** Lets this much time pass, as fast as what falls due allows. */
  skip(duration: Duration): Promise<void>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;

export async function startTestServer(): Promise<TestServer> {
  const port = await freePort(0);
  const address = `127.0.0.1:${port}`;
  const server = await startOwned(await findTestServer(), [String(port)]);
  try {
    const connection = await Promise.race([server.died, connected(address, server)]);
    return {
      address,
      async skip(duration) {
        await connection.testService?.unlockTimeSkippingWithSleep({ duration: msToTs(duration) });
      },
      async stop() {
        await connection.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function connected(address: string, server: OwnedProcess): Promise<Connection> {
  const options: ConnectionOptions & InternalConnectionOptions = {
    address,
    connectTimeout: '2s',
    [InternalConnectionOptionsSymbol]: { supportsTestService: true },
  };
  for (const deadline = Date.now() + READY_WITHIN_MS; ; await pause(100)) {
    try {
      return await Connection.connect(options);
    } catch (error) {
      if (!server.alive() || Date.now() > deadline) throw error;
    }
  }
}
