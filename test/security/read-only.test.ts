/** The built worker as the image runs it: a plain user without powers, in a tree that nobody may write to. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { Claims } from '../../client/index.js';
import { setBackdrop, type Backdrop } from '../cli/backdrop.js';
import { portToTell } from '../ports.js';
import { until } from '../until.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const NOBODY = 65_534;
const POWERLESS = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs', '--bounding-set=-all'];

describe('the image, without an image', function () {
  this.timeout(240_000);
  let place: string;
  let scratch: string;
  let backdrop: Backdrop;
  let connection: Connection | undefined;
  let kill = (): void => undefined;

  before(async function () {
    // It takes root to become somebody else.
    if (process.getuid?.() !== 0) this.skip();
    place = await mkdtemp(join(tmpdir(), 'read-only-'));
    // Not into `dist`, which another test may be packing.
    await run('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', join(place, 'dist')], { cwd: root });
    await cp(join(root, 'package.json'), join(place, 'package.json'));
    await symlink(join(root, 'node_modules'), join(place, 'node_modules'));
    await run(process.execPath, [join(place, 'dist/worker/bundle.js')]);
    await run('chmod', ['-R', 'a-w,a+rX', place]);
    scratch = await mkdtemp(join(tmpdir(), 'scratch-'));
    await chown(scratch, NOBODY, NOBODY);
    backdrop = await setBackdrop({ team: { thinkMs: [20, 50] }, behaviour: { rateLimit: 600 } });
  });
  after(async () => {
    kill();
    process.off('exit', kill);
    await connection?.close();
    await backdrop?.stop();
    for (const each of [place, scratch]) if (each) await rm(each, { recursive: true, force: true });
  });

  it('works as an unprivileged user, writes no file, and stops on SIGTERM', async () => {
    const ports = { HEALTH_PORT: String(await portToTell()), METRICS_PORT: String(await portToTell()) };
    const env = {
      ...backdrop.env,
      ...ports,
      NODE_ENV: 'production',
      FRAGMENT_REQUESTS_PER_MINUTE: '600',
      TMPDIR: scratch,
      HOME: '/nonexistent',
    };
    const main = join(place, 'dist/cli/main.js');
    const command = [...POWERLESS, process.execPath, main, 'worker', '--role', 'all'];
    const worker = spawn('setpriv', command, { cwd: place, env: { PATH: process.env.PATH, ...env } });
    kill = () => void worker.kill('SIGKILL');
    process.once('exit', kill);
    let said = '';
    worker.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(worker, 'exit');
    await until(() => /worker started/.test(said) || worker.exitCode !== null);
    assert.equal(worker.exitCode, null, said);
    const { stdout: user } = await run('ps', ['-o', 'uid=', '-p', String(worker.pid)]);
    assert.equal(Number(user), NOBODY);

    connection = await Connection.connect({ address: backdrop.env.TEMPORAL_ADDRESS });
    const claims = new Claims(new Client({ connection }));
    await claims.start({ id: 'read-only', total: { amount: 12_000, currency: 'USD' } });
    assert.equal((await claims.result('read-only')).outcome, 'paid');
    // A check has less than a second, which Temporal may miss where other tests keep the machine busy.
    await until(async () => (await fetch(`http://127.0.0.1:${ports.HEALTH_PORT}/readyz`)).status === 200);

    worker.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null], said);
    assert.deepEqual(await readdir(scratch), []);
    assert.deepEqual((await readdir(place)).toSorted(), ['dist', 'node_modules', 'package.json']);
    assert.doesNotMatch(said, /EACCES|EROFS|EPERM/);
  });
});
