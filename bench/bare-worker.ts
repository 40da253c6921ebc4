/** A worker with one activity that does nothing, and nothing around it: `node bench/bare-worker.ts <address>`. */
import { NativeConnection, Worker } from '@temporalio/worker';

const connection = await NativeConnection.connect({ address: process.argv[2]! });
const activities = { nothing: async () => undefined };
const worker = await Worker.create({ connection, taskQueue: `bare-${process.pid}`, activities });
await worker.run();
