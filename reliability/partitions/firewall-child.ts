/**
 * Loaded into a node before anything else: lets it connect to no port in `CLOSED_PORTS`, so that the only way to its
 * peers is by the links that it was given, though peers tell each other where else they could be reached.
 */
import net from 'node:net';

const closed = new Set((process.env['CLOSED_PORTS'] ?? '').split(',').map(Number));
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
  if (isClosed(args)) {
    const refusal = Object.assign(new Error('this port is closed'), { code: 'ECONNREFUSED' });
    process.nextTick(() => this.destroy(refusal));
    return this;
  }
  return Reflect.apply(connect, this, args);
};

/** `net.connect` hands its arguments on in a list, with the options as the first of them. */
function isClosed(args: readonly unknown[]): boolean {
  const [first] = args.flat();
  return typeof first === 'object' && first !== null && 'port' in first && closed.has(Number(first.port));
}
