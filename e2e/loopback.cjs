// Preloaded into server-everything, which would listen on all interfaces: every
// server of the process listens on 127.0.0.1, and says on stdout where.
'use strict';
const { Server } = require('node:net');

const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  this.once('listening', () => console.log(`listening on 127.0.0.1:${this.address().port}`));
  return listen.call(this, Number(port), '127.0.0.1', ...rest.filter((arg) => typeof arg === 'function'));
};
