import { EventEmitter } from 'node:events';
import net from 'node:net';
import { AudioSocketConnection } from './connection.js';
/**
 * A TCP server that speaks the Asterisk AudioSocket protocol. Each accepted
 * socket becomes an {@link AudioSocketConnection}.
 *
 * @example
 * const server = new AudioSocketServer({ port: 9092 });
 * server.on('connection', (call) => {
 *   call.on('id', (uuid) => console.log('call', uuid));
 *   call.on('audio', (pcm) => call.play(pcm)); // echo
 *   call.on('hangup', () => console.log('bye'));
 * });
 * await server.listen();
 */
export class AudioSocketServer extends EventEmitter {
    host;
    port;
    tcp;
    constructor(opts = {}) {
        super();
        this.host = opts.host ?? '127.0.0.1';
        this.port = opts.port ?? 9092;
        this.tcp = net.createServer((socket) => {
            socket.setNoDelay(true); // 20 ms audio frames — never Nagle-buffer them.
            this.emit('connection', new AudioSocketConnection(socket));
        });
        this.tcp.on('error', (err) => this.emit('error', err));
        this.tcp.on('listening', () => this.emit('listening'));
    }
    /** Start listening. Resolves once bound. */
    listen() {
        return new Promise((resolve, reject) => {
            const onError = (err) => reject(err);
            this.tcp.once('error', onError);
            this.tcp.listen(this.port, this.host, () => {
                this.tcp.removeListener('error', onError);
                resolve();
            });
        });
    }
    /** The bound port (useful when constructed with port 0 for tests). */
    get address() {
        const a = this.tcp.address();
        if (a && typeof a === 'object')
            return { host: a.address, port: a.port };
        return { host: this.host, port: this.port };
    }
    /** Stop accepting new calls and close the server. */
    close() {
        return new Promise((resolve) => this.tcp.close(() => resolve()));
    }
}
