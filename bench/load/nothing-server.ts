// A handler that does nothing: reads the body of a request and answers as a transaction would. What
// it reaches is what the HTTP server of the runtime and the load generator leave room for.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = Buffer.from(
  '{"results":[{"rows_affected":1,"time":0.0001}],"time":0.001,"version":123456,' +
    '"actor_id":"00000000000000000000000000000000"}',
);

const server = createServer({ noDelay: true }, (request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    JSON.parse(Buffer.concat(pieces).toString('utf8'));
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': answer.length,
    });
    response.end(answer);
  });
});

function isBound(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (isBound(address)) process.send?.(address.port);
});
process.once('disconnect', () => process.exit(0));
